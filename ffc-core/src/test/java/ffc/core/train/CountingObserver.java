package ffc.core.train;

import ffc.eval.roc.EvalResult;
import java.nio.file.Path;

/** Calls back after every step and ignores the rest. */
record CountingObserver(Runnable afterStep) implements RunObserver {
  @Override
  public void started(long fromStep, long toStep) {}

  @Override
  public void progress(long step, double loss, double imagesPerSecond) {
    afterStep.run();
  }

  @Override
  public void report(StepReport report) {}

  @Override
  public void evaluated(long step, EvalResult result) {}

  @Override
  public void checkpoint(long step, Path folder) {}

  @Override
  public void finished(RunSummary summary) {}
}
