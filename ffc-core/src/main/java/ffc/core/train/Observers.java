package ffc.core.train;

import ffc.eval.roc.EvalResult;
import java.nio.file.Path;
import java.util.List;

/**
 * Several observers as one, called in the order given: records come before what reads or shows
 * them.
 */
public record Observers(List<RunObserver> observers) implements RunObserver {
  @Override
  public void setAside(Path folder, List<String> checkpoints) {
    observers.forEach(o -> o.setAside(folder, checkpoints));
  }

  @Override
  public void started(long fromStep, long toStep) {
    observers.forEach(o -> o.started(fromStep, toStep));
  }

  @Override
  public void wentBack(long fromStep, long toStep) {
    observers.forEach(o -> o.wentBack(fromStep, toStep));
  }

  @Override
  public void madeAgain(long afterStep) {
    observers.forEach(o -> o.madeAgain(afterStep));
  }

  @Override
  public void progress(long step, double loss, double imagesPerSecond) {
    observers.forEach(o -> o.progress(step, loss, imagesPerSecond));
  }

  @Override
  public void report(StepReport report) {
    observers.forEach(o -> o.report(report));
  }

  @Override
  public void evaluated(long step, EvalResult result) {
    observers.forEach(o -> o.evaluated(step, result));
  }

  @Override
  public void evaluationFailed(long step, String set, String problem) {
    observers.forEach(o -> o.evaluationFailed(step, set, problem));
  }

  @Override
  public void checkpoint(long step, Path folder) {
    observers.forEach(o -> o.checkpoint(step, folder));
  }

  @Override
  public void finished(RunSummary summary) {
    observers.forEach(o -> o.finished(summary));
  }
}
