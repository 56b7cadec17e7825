package ffc.core.train;

import ffc.eval.roc.EvalResult;
import java.nio.file.Path;
import java.util.List;

/**
 * Whoever watches a run: records are written and progress is drawn from these calls, none of which
 * an observer must care for. All come from the training thread, in order; an exception ends the
 * run.
 */
public interface RunObserver {
  /** Before the first step: the step the run starts from (0 or the checkpoint's). */
  default void started(long fromStep, long toStep) {}

  /**
   * Before {@link #started}: checkpoints of later steps, which an abandoned continuation of the run
   * has left, were moved away.
   *
   * @param folder where they are now
   * @param checkpoints their names
   */
  default void setAside(Path folder, List<String> checkpoints) {}

  /**
   * The trainers have lost what only one of them held: the run goes on from its last checkpoint,
   * and the steps after that are made again. A trainer that came back hears of it before {@link
   * #started}.
   *
   * @param fromStep steps that had been made
   * @param toStep the checkpoint's
   */
  default void wentBack(long fromStep, long toStep) {}

  /**
   * What this trainer has recorded of steps after the given one is not of the run: the others have
   * made them again while it was away. A trainer that came back hears of it before {@link
   * #started}.
   */
  default void madeAgain(long afterStep) {}

  /** After every step: cheap figures for a progress bar. */
  default void progress(long step, double loss, double imagesPerSecond) {}

  /** Every {@code run.reportEvery} steps and at the last one. */
  default void report(StepReport report) {}

  /** After an evaluation at the given step. */
  default void evaluated(long step, EvalResult result) {}

  /** A set could not be evaluated at the given step; the run goes on. */
  default void evaluationFailed(long step, String set, String problem) {}

  /** After a checkpoint of the given step became durable at the given folder. */
  default void checkpoint(long step, Path folder) {}

  /** At the end, also of an interrupted run. */
  default void finished(RunSummary summary) {}
}
