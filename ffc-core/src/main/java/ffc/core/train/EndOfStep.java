package ffc.core.train;

import ffc.exchange.EpochEndedException;
import java.io.IOException;

/**
 * What is due after some steps, in this order: the checkpoint, so that nothing that goes wrong
 * afterwards costs the training; evaluations; the best checkpoint. The first trainer's work while
 * the others wait; of a sharded method all take part in writing. A step in whose end an epoch of
 * membership ends is passed again as a whole by the trainers of the next.
 */
final class EndOfStep {
  private static final long NONE = -1;

  private final Checkpointing checkpointing;
  private final Evaluating evaluating;
  private final GradientSynchroniser synchroniser;
  private final boolean sharded;

  /** The last step whose milestone, if it had one, is known to be through for all trainers. */
  private long passed = NONE;

  /** Where a step stands in its run. */
  enum Stage {
    /** More steps follow. */
    within,
    /** It is the run's last. */
    last,
    /** None follows, because a stop was asked for. */
    stop
  }

  /**
   * @param sharded whether all trainers take part in writing
   */
  EndOfStep(
      Checkpointing checkpointing,
      Evaluating evaluating,
      GradientSynchroniser synchroniser,
      boolean sharded) {
    this.checkpointing = checkpointing;
    this.evaluating = evaluating;
    this.synchroniser = synchroniser;
    this.sharded = sharded;
  }

  /** Whether there is anything to do after a step. */
  boolean isDue(long step, Stage stage) {
    return evaluating.isDue(step, stage == Stage.last) || checkpointing.isDue(step, stage);
  }

  /**
   * Notes that a checkpoint has been loaded: all that was due by then had been done before, but for
   * evaluations that a kill cut off.
   */
  void loaded(TrainerState state) {
    passed = state.evaluated() ? state.step() : NONE;
    evaluating.forget();
  }

  /** Notes that another trainer's state has been loaded: it may be amid a milestone. */
  void tookOver() {
    passed = NONE;
    evaluating.forget();
  }

  /** Whether the milestone of a step is known to be through for all trainers. */
  boolean isPassed(long step) {
    return passed == step;
  }

  /** Notes that another trainer knows the milestone of a step to be through. */
  void pass(long step) {
    passed = step;
  }

  /**
   * Does what is due after a step, unless it has been done.
   *
   * @return the state with the best value; if this throws, nothing has changed but files
   */
  TrainerState pass(TrainerState state, Stage stage) throws IOException {
    if (passed == state.step()) {
      return state;
    }
    TrainerState after = state;
    if (isDue(state.step(), stage)) {
      boolean evaluates = evaluating.isDue(state.step(), stage == Stage.last);
      boolean writes =
          checkpointing.isDue(state.step(), stage) && agreed(!checkpointing.has(state.step()));
      if (writes) {
        checkpointing.write(state.withEvaluated(!evaluates));
      }
      if (evaluates && synchroniser.isFirst()) {
        after =
            state.withBest(evaluating.judge(state.step(), stage == Stage.last, state.bestValue()));
      }
      if (agreed(Double.compare(after.bestValue(), state.bestValue()) != 0)) {
        // Also where a kill had cut the evaluation off, and this one makes up for it.
        checkpointing.writeBest(after.withEvaluated(true));
      }
      if (evaluates && synchroniser.isFirst() && !evaluating.failed()) {
        checkpointing.evaluated(after);
      }
      after = told(after, stage);
    }
    passed = state.step();
    return after;
  }

  /**
   * The others learn that the first trainer's work is done. The last time of a run nobody has to be
   * there to hear it.
   */
  private TrainerState told(TrainerState state, Stage stage) {
    try {
      return state.withBest(synchroniser.valueOfFirst(state.bestValue()));
    } catch (EpochEndedException e) {
      if (stage == Stage.within || !synchroniser.isFirst()) {
        throw e;
      }
      return state;
    }
  }

  /** What the first trainer says, where all have a part in what follows. */
  private boolean agreed(boolean mine) {
    return sharded ? synchroniser.valueOfFirst(mine ? 1 : 0) != 0 : mine;
  }
}
