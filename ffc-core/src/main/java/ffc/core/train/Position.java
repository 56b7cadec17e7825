package ffc.core.train;

/** Where a run stands: the numbers of its checkpoints, and whether a stop was asked for. */
final class Position {
  private final long last;
  private TrainerState state;
  private boolean stopped;

  /**
   * @param last step of the run
   */
  Position(long last) {
    this.last = last;
  }

  TrainerState state() {
    return state;
  }

  /** Steps completed, over all resumes. */
  long step() {
    return state.step();
  }

  void move(TrainerState to) {
    state = to;
  }

  boolean isStopped() {
    return stopped;
  }

  /** Notes that a trainer was asked to stop. */
  void stop() {
    stopped = true;
  }

  /** Whether no step follows. */
  boolean atEnd() {
    return stopped || isLast();
  }

  /** Whether the run's last step is made. */
  boolean isLast() {
    return step() >= last;
  }

  /** Where this step stands in its run. */
  EndOfStep.Stage stage() {
    return stage(step(), stopped);
  }

  /** Where a step stands in its run. */
  EndOfStep.Stage stage(long step, boolean stop) {
    if (stop) {
      return EndOfStep.Stage.stop;
    }
    return step >= last ? EndOfStep.Stage.last : EndOfStep.Stage.within;
  }
}
