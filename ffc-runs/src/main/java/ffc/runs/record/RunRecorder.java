package ffc.runs.record;

import ffc.core.train.RunObserver;
import ffc.core.train.RunSummary;
import ffc.core.train.StepReport;
import ffc.engine.Closer;
import ffc.eval.roc.EvalFigure;
import ffc.eval.roc.EvalResult;
import ffc.formats.WholeFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes the records of a run as it goes. What they hold of steps after the one that the run goes
 * on from is set aside, beside the checkpoints of those steps, as are lines that cannot be read.
 * Close it after the run.
 */
public final class RunRecorder implements RunObserver, AutoCloseable {
  private final RunDirectory run;
  private final Clock clock;
  private final Consumer<String> say;
  private final Map<String, JsonNode> latest = new LinkedHashMap<>();

  /** What an evaluation that is made again would repeat: sets judged at the step gone on from. */
  private final Set<String> judged = new HashSet<>();

  private final Map<String, String> failed = new LinkedHashMap<>();
  private final List<String> moved = new ArrayList<>();
  private Path aside;
  private long fromStep;

  /** The last step whose records are of the run, where that is not the one it goes on from. */
  private long ofTheRun = Long.MAX_VALUE;

  private TrainedTime time;
  private JsonLines steps;
  private JsonLines evaluations;
  private EventFile events;

  /**
   * @param run the directory; stays the caller's
   * @param clock for event files and the time that the run has trained
   * @param say told in a line what was set aside, if anything was
   */
  public RunRecorder(RunDirectory run, Clock clock, Consumer<String> say) {
    this.run = run;
    this.clock = clock;
    this.say = say;
  }

  @Override
  public void setAside(Path folder, List<String> checkpoints) {
    aside = folder;
    moved.addAll(checkpoints);
  }

  @Override
  public void started(long fromStep, long toStep) {
    this.fromStep = fromStep;
    long kept = Math.min(fromStep, ofTheRun);
    writing(
        () -> {
          Path folder = aside == null ? run.aside(fromStep) : aside;
          steps = JsonLines.after(run.file("steps.jsonl"), kept, folder, moved::add);
          time = new TrainedTime(clock, JsonLines.read(run.file("steps.jsonl")));
          evaluations = JsonLines.after(run.file("evaluations.jsonl"), kept, folder, moved::add);
          run.setAsideOutcome(kept, folder, moved::add);
          for (JsonNode line : JsonLines.read(run.file("evaluations.jsonl"))) {
            latest.put(line.path("set").asString(""), line.path("figures"));
            if (line.path("step").asLong() == fromStep) {
              judged.add(line.path("set").asString(""));
            }
          }
          events = new EventFile(run.folder(), kept, clock);
          if (!moved.isEmpty()) {
            say.accept(
                "set aside what the run had after step "
                    + kept
                    + (kept < fromStep ? ", as the others have made those steps again: " : ": ")
                    + String.join(", ", moved)
                    + " (in "
                    + folder
                    + ")");
          }
        });
    aside = null;
    ofTheRun = Long.MAX_VALUE;
    moved.clear();
  }

  /** As after a resume: what later steps have left is cut off. */
  @Override
  public void wentBack(long fromStep, long toStep) {
    if (steps != null) { // started() does the same
      startAgain(toStep);
    }
  }

  @Override
  public void madeAgain(long afterStep) {
    if (steps == null) {
      ofTheRun = afterStep; // until started()
    } else {
      startAgain(afterStep);
    }
  }

  private void startAgain(long step) {
    close();
    latest.clear();
    judged.clear();
    started(step, step);
  }

  @Override
  public void progress(long step, double loss, double imagesPerSecond) {}

  @Override
  public void report(StepReport report) {
    Map<String, Double> figures = Figures.values(report);
    report.terms().forEach((term, value) -> figures.put("loss/" + term, value));
    report.statistics().forEach((name, value) -> figures.put("statistics/" + name, value));
    writing(
        () -> {
          steps.append(RunJson.step(report, time.seconds()));
          events.scalars(report.step(), figures);
        });
  }

  @Override
  public void evaluated(long step, EvalResult result) {
    Map<String, Double> figures = new LinkedHashMap<>();
    String prefix = "eval/" + result.name() + "/";
    result.figures().forEach((path, value) -> figures.put(prefix + EvalFigure.tag(path), value));
    latest.put(result.name(), RunJson.figures(result));
    failed.remove(result.name());
    boolean again = step == fromStep && judged.contains(result.name());
    writing(
        () -> {
          if (!again) {
            evaluations.append(RunJson.evaluation(step, result));
          }
          events.scalars(step, figures);
        });
  }

  @Override
  public void evaluationFailed(long step, String set, String problem) {
    failed.put(set, "step " + step + ": " + problem);
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
        () -> {
          Path file = run.file("summary.json");
          ObjectNode figures = RunJson.summary(summary, latest, failed);
          if (summary.steps() == fromStep) {
            RunJson.keepMeasured(figures, file); // of the process that made the steps
          }
          WholeFile.write(file, figures.toPrettyString() + "\n");
        });
  }

  @Override
  public void close() {
    Closer files = new Closer();
    Stream.of(steps, evaluations, events).filter(Objects::nonNull).forEach(files::add);
    files.close();
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
