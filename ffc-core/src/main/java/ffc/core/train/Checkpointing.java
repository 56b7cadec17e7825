package ffc.core.train;

import ffc.core.checkpoint.CheckpointWriter;
import ffc.core.checkpoint.Checkpoints;
import ffc.core.method.Method;
import ffc.core.method.RunConfig;
import ffc.exchange.GroupExchange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes the checkpoints of a run: the first trainer's work, in which all trainers of a sharded
 * method take part. {@code docs/checkpoints.md} tells the life of a checkpoint.
 */
final class Checkpointing {
  private final int every;
  private final Checkpoints checkpoints;
  private final GroupExchange exchange;
  private final Method method;
  private final StateSync common;
  private final RunObserver observer;
  private final Content content;

  private Path last;
  private long lastStep = -1;

  /** Fills a checkpoint; a call of all trainers if the method is sharded. */
  interface Content {
    void write(CheckpointWriter out, TrainerState state) throws IOException;
  }

  /**
   * @param folder of the checkpoints
   * @param common told of the checkpoints that one can go back to
   */
  Checkpointing(
      RunConfig run,
      Path folder,
      GroupExchange exchange,
      Method method,
      StateSync common,
      RunObserver observer,
      Content content) {
    this.every = run.checkpointEvery();
    this.checkpoints = new Checkpoints(folder, run.keepCheckpoints());
    this.exchange = exchange;
    this.method = method;
    this.common = common;
    this.observer = observer;
    this.content = content;
  }

  /** Whether a checkpoint is to be written after a step. */
  boolean isDue(long step, EndOfStep.Stage stage) {
    return stage != EndOfStep.Stage.within || every > 0 && step % every == 0;
  }

  /** Notes the checkpoint that the run goes on from. */
  void resumed(Path checkpoint, TrainerState state) {
    wrote(checkpoint, state);
  }

  /**
   * Begins the part of the run after a step, on the first trainer: what an abandoned continuation
   * has left of later steps is set aside, so that it is neither used nor counted nor overwritten.
   *
   * @return the state, without its best value if the checkpoint of that value is not there
   */
  TrainerState begin(TrainerState state) throws IOException {
    Path aside = checkpoints.aside(state.step());
    List<String> moved = checkpoints.setAsideAfter(state.step(), aside);
    if (!moved.isEmpty()) {
      observer.setAside(aside, moved);
    }
    if (last != null && Files.notExists(last)) {
      // The one that it resumed from is of steps that the others have left behind meanwhile.
      last = checkpoints.latest().orElse(null);
      lastStep = last == null ? -1 : Checkpoints.step(last).orElseThrow();
      common.checkpoint(last, lastStep);
    }
    return checkpoints.hasBest() ? state : state.withBest(Double.NaN);
  }

  /** Whether the newest checkpoint of this trainer is that of a step. */
  boolean has(long step) {
    return lastStep == step;
  }

  void writeBest(TrainerState state) throws IOException {
    saveWith(
        () ->
            observer.checkpoint(
                state.step(), checkpoints.writeBest(out -> content.write(out, state))));
  }

  void write(TrainerState state) throws IOException {
    writeFirst(state);
    if (exchange.rank() == 0) {
      observer.checkpoint(state.step(), last);
    }
  }

  /** The checkpoint of a run that begins; not announced. */
  void writeFirst(TrainerState state) throws IOException {
    saveWith(() -> wrote(checkpoints.write(state.step(), out -> content.write(out, state)), state));
  }

  /** The first trainer's work around {@link Content}, with the others' part in it. */
  private void saveWith(StateSync.Work work) throws IOException {
    if (exchange.rank() == 0) {
      work.run();
    } else if (method.isSharded()) {
      method.save(CheckpointWriter.nowhere());
    }
  }

  private void wrote(Path checkpoint, TrainerState state) {
    last = checkpoint;
    lastStep = state.step();
    common.checkpoint(checkpoint, state.step());
  }

  /** Notes with the checkpoint of a state's step that the evaluations due then are through. */
  void evaluated(TrainerState state) throws IOException {
    if (has(state.step())) {
      state.noteEvaluated(last);
    }
  }

  /** The newest checkpoint that this trainer has written or resumed from; null = none. */
  Path last() {
    return last;
  }
}
