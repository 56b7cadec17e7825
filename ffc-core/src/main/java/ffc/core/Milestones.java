package ffc.core;

import ffc.core.checkpoint.CheckpointWriter;
import ffc.core.checkpoint.Checkpoints;
import ffc.core.eval.EvalResult;
import ffc.idgroup.EpochEndedException;
import ffc.idgroup.GroupExchange;
import ffc.loaders.Dataset;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What is due after some steps: evaluations, the best checkpoint, the checkpoint. The first
 * trainer's work while the others wait; of a sharded method all take part in writing. A milestone
 * in which an epoch of membership ends is passed again as a whole by the trainers of the next.
 */
final class Milestones implements AutoCloseable {
  private static final long NONE = -1;

  private final RunConfig run;
  private final GroupExchange exchange;
  private final Lockstep lockstep;
  private final Method method;
  private final CommonState common;
  private final RunObserver observer;
  private final Content content;
  private final Checkpoints checkpoints;
  private final Evaluations evaluations;

  /** The last step whose milestone, if it had one, is known to be through for all trainers. */
  private long passed = NONE;

  /** The last step that this trainer has judged, and what came out. */
  private long judged = NONE;

  private List<EvalResult> results = List.of();
  private Path lastCheckpoint;

  /** Fills a checkpoint; a call of all trainers if the method is sharded. */
  interface Content {
    void write(CheckpointWriter out, TrainerState state) throws IOException;
  }

  /**
   * @param common told of the checkpoints that one can go back to
   */
  Milestones(
      Trainer.Setup setup,
      Encoder probe,
      Dataset training,
      GroupExchange exchange,
      Lockstep lockstep,
      Method method,
      CommonState common,
      RunObserver observer,
      Content content) {
    this.run = setup.run();
    this.exchange = exchange;
    this.lockstep = lockstep;
    this.method = method;
    this.common = common;
    this.observer = observer;
    this.content = content;
    checkpoints = new Checkpoints(setup.checkpoints(), run.keepCheckpoints());
    evaluations = new Evaluations(setup.evaluate(), probe, method, training);
  }

  /** Where a step stands in its run. */
  enum Place {
    /** More steps follow. */
    within,
    /** It is the run's last. */
    last,
    /** None follows, because a stop was asked for. */
    stop
  }

  /** Whether there is anything to do after a step. */
  boolean isDue(long step, Place place) {
    return evaluates(step, place) || checkpoints(step, place);
  }

  private boolean evaluates(long step, Place place) {
    return evaluations.isDue(step, place == Place.last);
  }

  private boolean checkpoints(long step, Place place) {
    int every = run.checkpointEvery();
    return place != Place.within || every > 0 && step % every == 0;
  }

  /** Notes that the run goes on from a checkpoint. */
  void resumed(Path checkpoint, TrainerState state) {
    wrote(checkpoint, state);
    loaded(state);
  }

  /** Notes that a checkpoint has been loaded: all that was due by then had been done before. */
  void loaded(TrainerState state) {
    passed = state.step();
    judged = NONE;
  }

  /** Notes that another trainer's state has been loaded: it may be amid a milestone. */
  void tookOver() {
    passed = NONE;
    judged = NONE;
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
  TrainerState pass(TrainerState state, Place place) throws IOException {
    if (passed == state.step()) {
      return state;
    }
    TrainerState after = state;
    if (isDue(state.step(), place)) {
      if (exchange.rank() == 0 && evaluates(state.step(), place)) {
        judge(state.step(), place);
        after = state.withBest(best(state.bestValue()));
      }
      boolean improved = Double.compare(after.bestValue(), state.bestValue()) != 0;
      // All take part in writing the shards.
      improved = method.isSharded() ? lockstep.valueOfFirst(improved ? 1 : 0) != 0 : improved;
      if (improved) {
        writeBest(after);
      }
      if (checkpoints(state.step(), place)) {
        write(after);
      }
      after = told(after, place);
    }
    passed = state.step();
    return after;
  }

  /**
   * The others learn that the first trainer's work is done. The last time of a run nobody has to be
   * there to hear it.
   */
  private TrainerState told(TrainerState state, Place place) {
    try {
      return state.withBest(lockstep.valueOfFirst(state.bestValue()));
    } catch (EpochEndedException e) {
      if (place == Place.within || exchange.rank() != 0) {
        throw e;
      }
      return state;
    }
  }

  private void judge(long step, Place place) {
    if (judged != step) {
      results = evaluations.due(step, place == Place.last);
      results.forEach(result -> observer.evaluated(step, result));
      judged = step;
    }
  }

  /** The best value so far, NaN if there is none. */
  private double best(double before) {
    String best = run.best();
    double value = before;
    for (EvalResult result : results) {
      if (best != null && best.startsWith(result.name() + ".")) {
        Double figure = result.metric(best.substring(result.name().length() + 1));
        value = figure == null || figure.isNaN() || figure <= value ? value : figure;
      }
    }
    return value;
  }

  private void writeBest(TrainerState state) throws IOException {
    saveWith(
        () ->
            observer.checkpoint(
                state.step(), checkpoints.writeBest(out -> content.write(out, state))));
  }

  private void write(TrainerState state) throws IOException {
    writeFirst(state);
    if (exchange.rank() == 0) {
      observer.checkpoint(state.step(), lastCheckpoint);
    }
  }

  /** The checkpoint of a run that begins. */
  void writeFirst(TrainerState state) throws IOException {
    saveWith(() -> wrote(checkpoints.write(state.step(), out -> content.write(out, state)), state));
  }

  /** The first trainer's work around {@link Content}, with the others' part in it. */
  private void saveWith(CommonState.Work work) throws IOException {
    if (exchange.rank() == 0) {
      work.run();
    } else if (method.isSharded()) {
      method.save(CheckpointWriter.nowhere());
    }
  }

  private void wrote(Path checkpoint, TrainerState state) {
    lastCheckpoint = checkpoint;
    common.checkpoint(checkpoint, state.step());
  }

  /** The newest checkpoint that this trainer has written or resumed from; null = none. */
  Path lastCheckpoint() {
    return lastCheckpoint;
  }

  /** The latest result of each evaluation set. */
  Map<String, EvalResult> latest() {
    return evaluations.latest();
  }

  @Override
  public void close() {
    evaluations.close();
  }
}
