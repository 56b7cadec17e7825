package ffc.cli.progress;

import ffc.core.train.RunObserver;
import ffc.core.train.RunSummary;
import ffc.core.train.StepReport;
import ffc.eval.roc.EvalResult;
import ffc.loaders.data.Counted;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** A line for each report, evaluation and checkpoint: for logs and pipes. */
public final class PlainProgress implements RunObserver {
  private final PrintWriter out;
  private final int reportEvery;
  private final Map<String, EvalResult> judged = new LinkedHashMap<>();
  private long fromStep;
  private long toStep;
  private long startNanos;
  private long shown = -1;

  /**
   * @param out written to and flushed; stays the caller's
   * @param reportEvery steps between reports
   */
  public PlainProgress(PrintWriter out, int reportEvery) {
    this.out = out;
    this.reportEvery = reportEvery;
  }

  @Override
  public void started(long fromStep, long toStep) {
    this.fromStep = fromStep;
    this.toStep = toStep;
    startNanos = System.nanoTime();
    print(
        fromStep == 0
            ? "training " + toStep + " " + Counted.noun(toStep, "step")
            : "resuming after step "
                + fromStep
                + " of "
                + toStep
                + (fromStep < toStep ? "" : ": no step is left to train"));
  }

  @Override
  public void wentBack(long from, long to) {
    print(Lines.wentBack(from, to));
    fromStep = to;
    startNanos = System.nanoTime();
  }

  @Override
  public void progress(long step, double loss, double imagesPerSecond) {
    boolean reported = step % reportEvery == 0 || step == toStep;
    if (step == fromStep + 1 && !reported) {
      shown = step;
      print(Lines.format("step %d/%d  loss %.3f", step, toStep, loss));
    }
  }

  @Override
  public void report(StepReport report) {
    if (report.step() == shown) {
      return; // a stop right after the first step reports it once more
    }
    print(Lines.report(report, toStep, left(report.step())));
  }

  private Duration left(long step) {
    double perStep = (System.nanoTime() - startNanos) / (double) Math.max(1, step - fromStep);
    return Duration.ofNanos((long) (perStep * (toStep - step)));
  }

  @Override
  public void evaluated(long step, EvalResult result) {
    judged.put(result.name(), result);
    print(Lines.evaluation(step, result));
  }

  @Override
  public void evaluationFailed(long step, String set, String problem) {
    print(Lines.evaluationFailed(step, set, problem));
  }

  @Override
  public void checkpoint(long step, Path folder) {
    print("step " + step + "  checkpoint " + folder);
  }

  @Override
  public void finished(RunSummary summary) {
    judged.values().forEach(set -> Lines.strata(set).forEach(line -> print(line)));
    print(Lines.summary(summary));
  }

  private void print(String line) {
    out.println(line);
    out.flush();
  }
}
