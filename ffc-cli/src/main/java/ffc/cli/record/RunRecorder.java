package ffc.cli.record;

import ffc.core.RunObserver;
import ffc.core.RunSummary;
import ffc.core.StepReport;
import ffc.core.eval.EvalResult;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Writes the records of a run as it goes. Close it after the run. */
public final class RunRecorder implements RunObserver, AutoCloseable {
  private final RunDirectory run;
  private final Clock clock;
  private final Map<String, JsonNode> latest = new LinkedHashMap<>();

  private JsonLines steps;
  private JsonLines evaluations;
  private EventFile events;

  /**
   * @param run the directory; stays the caller's
   * @param clock for event files
   */
  public RunRecorder(RunDirectory run, Clock clock) {
    this.run = run;
    this.clock = clock;
  }

  @Override
  public void started(long fromStep, long toStep) {
    writing(
        () -> {
          steps = JsonLines.after(run.file("steps.jsonl"), fromStep);
          evaluations = JsonLines.after(run.file("evaluations.jsonl"), fromStep);
          for (JsonNode line : JsonLines.read(run.file("evaluations.jsonl"))) {
            latest.put(line.path("set").stringValue(), line.path("figures"));
          }
          events = new EventFile(run.folder(), fromStep, clock);
        });
  }

  /** As after a resume: what later steps have left is cut off. */
  @Override
  public void wentBack(long fromStep, long toStep) {
    close();
    latest.clear();
    started(toStep, toStep);
  }

  @Override
  public void progress(long step, double loss, double imagesPerSecond) {}

  @Override
  public void report(StepReport report) {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("loss", report.loss());
    report.terms().forEach((term, value) -> figures.put("loss/" + term, value));
    figures.put("learning_rate", report.learningRate());
    figures.put("gradient_norm", report.gradientNorm());
    figures.put("images_per_second", report.imagesPerSecond());
    figures.put("data_wait_share", report.dataWaitShare());
    figures.put("rss_bytes", (double) report.rssBytes());
    report.statistics().forEach((name, value) -> figures.put("statistics/" + name, value));
    writing(
        () -> {
          steps.append(Records.step(report));
          events.scalars(report.step(), figures);
        });
  }

  @Override
  public void evaluated(long step, EvalResult result) {
    Map<String, Double> figures = new LinkedHashMap<>();
    String prefix = "eval/" + result.name() + "/";
    result.tarAtFar().forEach((far, tar) -> figures.put(prefix + "tar_at_far_" + far, tar));
    result.rankN().forEach((rank, share) -> figures.put(prefix + "rank" + rank, share));
    if (result.accuracyMean() != null) {
      figures.put(prefix + "accuracy_mean", result.accuracyMean());
    }
    latest.put(result.name(), Records.figures(result));
    writing(
        () -> {
          evaluations.append(Records.evaluation(step, result));
          events.scalars(step, figures);
        });
  }

  @Override
  public void checkpoint(long step, Path folder) {
    writing(
        () -> {
          steps.force();
          evaluations.force();
        });
  }

  @Override
  public void finished(RunSummary summary) {
    writing(
        () ->
            WholeFile.write(
                run.file("summary.json"),
                Records.summary(summary, latest).toPrettyString() + "\n"));
  }

  @Override
  public void close() {
    writing(
        () -> {
          for (Closeable file : Arrays.asList(steps, evaluations, events)) {
            if (file != null) {
              file.close();
            }
          }
        });
  }

  private interface Writing {
    void run() throws IOException;
  }

  private static void writing(Writing action) {
    try {
      action.run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
