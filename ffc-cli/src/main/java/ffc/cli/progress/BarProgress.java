package ffc.cli.progress;

import ffc.core.train.RunObserver;
import ffc.core.train.RunSummary;
import ffc.core.train.StepReport;
import ffc.eval.roc.EvalResult;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar with loss, images/s and time left: for terminals. Close it if the run fails. */
public final class BarProgress implements RunObserver, AutoCloseable {
  private static final String CLEAR_LINE = "\r\u001b[K";

  private final PrintStream terminal;
  private final int width;
  private final Map<String, EvalResult> judged = new LinkedHashMap<>();
  private ProgressBar bar;

  /**
   * @param terminal where the bar is drawn
   * @param width columns of the terminal
   */
  public BarProgress(PrintStream terminal, int width) {
    this.terminal = terminal;
    this.width = width;
  }

  @Override
  public void started(long fromStep, long toStep) {
    bar =
        new ProgressBarBuilder()
            .setTaskName("train")
            .setInitialMax(toStep)
            .startsFrom(fromStep, Duration.ZERO)
            .setStyle(ProgressBarStyle.COLORFUL_UNICODE_BLOCK)
            .setUpdateIntervalMillis(200)
            .setConsumer(new ConsoleProgressBarConsumer(terminal, width))
            .build();
  }

  @Override
  public void wentBack(long fromStep, long toStep) {
    if (bar == null) { // started() follows
      terminal.println(Lines.wentBack(fromStep, toStep));
      return;
    }
    above(Lines.wentBack(fromStep, toStep));
    bar.stepTo(toStep);
  }

  @Override
  public void progress(long step, double loss, double imagesPerSecond) {
    bar.setExtraMessage(Lines.format(" loss %.3f  %.0f img/s", loss, imagesPerSecond));
    bar.stepTo(step);
  }

  @Override
  public void report(StepReport report) {}

  @Override
  public void evaluated(long step, EvalResult result) {
    judged.put(result.name(), result);
    above(Lines.evaluation(step, result));
  }

  @Override
  public void evaluationFailed(long step, String set, String problem) {
    above(Lines.evaluationFailed(step, set, problem));
  }

  @Override
  public void checkpoint(long step, Path folder) {}

  @Override
  public void finished(RunSummary summary) {
    close();
    judged.values().forEach(set -> Lines.strata(set).forEach(line -> terminal.println(line)));
    terminal.println(Lines.summary(summary));
  }

  /** Prints a line that stays, the bar moving on below it. */
  private void above(String line) {
    bar.pause();
    terminal.println(CLEAR_LINE + line);
    bar.resume();
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
