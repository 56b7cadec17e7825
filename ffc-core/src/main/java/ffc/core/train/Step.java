package ffc.core.train;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ffc.core.loss.Losses;
import ffc.core.method.Method;
import ffc.core.method.RunConfig;
import ffc.core.method.StepProfile;
import ffc.core.net.DropoutMasks;
import ffc.core.net.Encoder;
import ffc.core.net.MomentumEncoder;
import ffc.core.net.RunningStatistics;
import ffc.core.optim.Optimizer;
import ffc.core.optim.Schedule;
import ffc.exchange.EpochEndedException;
import ffc.exchange.GroupExchange;
import ffc.loaders.data.PairBatch;
import java.util.function.BooleanSupplier;

/**
 * One step of the training: a batch, the method's losses and gradients, the optimiser's step, the
 * method's update. If an epoch of membership ends amid it, nothing has moved.
 */
final class Step {
  /**
   * What a step gave.
   *
   * @param losses of the global batch
   * @param gradientNorm before clipping
   * @param images of all trainers
   */
  record Result(Losses losses, double learningRate, double gradientNorm, int images) {}

  private final Trainer.Setup setup;
  private final Encoder probe;
  private final MomentumEncoder average;
  private final Method method;
  private final Optimizer optimizer;
  private final Schedule schedule;
  private final GroupExchange exchange;
  private final GradientSynchroniser synchroniser;
  private final EndOfStep endOfStep;
  private final Checkpointing checkpointing;
  private final StepProfile profile;
  private final BooleanSupplier stopRequested;

  /**
   * @param average of {@code run.ema}, or null
   */
  Step(
      Trainer.Setup setup,
      Encoder probe,
      MomentumEncoder average,
      Method method,
      Optimizer optimizer,
      GroupExchange exchange,
      GradientSynchroniser synchroniser,
      EndOfStep endOfStep,
      Checkpointing checkpointing,
      StepProfile profile,
      BooleanSupplier stopRequested) {
    this.setup = setup;
    this.probe = probe;
    this.average = average;
    this.method = method;
    this.optimizer = optimizer;
    this.schedule =
        new Schedule(
            setup.optimizer().learningRate(), setup.optimizer().schedule(), setup.run().steps());
    this.exchange = exchange;
    this.synchroniser = synchroniser;
    this.endOfStep = endOfStep;
    this.checkpointing = checkpointing;
    this.profile = profile;
    this.stopRequested = stopRequested;
  }

  /**
   * Makes the step that follows a position, and moves it.
   *
   * @throws EpochEndedException if the trainers change meanwhile
   * @throws NonFiniteException if a number is not finite and the run does not skip such steps
   */
  Result make(DeviceFeed feed, Position position) {
    TrainerState state = position.state();
    double rate = schedule.at(state.step());
    profile.begin();
    freeze(state.step());
    if (setup.model().drops()) {
      DropoutMasks.begin(setup.seed(), state.step(), exchange.rank());
    }
    try (DeviceFeed.Batch fed = feed.next();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      PairBatch batch = fed.host();
      RunningStatistics before = RunningStatistics.keep(mayDrop(), probe, method.gallery());
      GradientSynchroniser.Agreement agreed;
      double norm;
      try {
        Losses mine = method.accumulate(fed.pair());
        synchroniser.sumGradients(optimizer.gradientList());
        lapOfExchange();
        norm = optimizer.gradientNorm() * synchroniser.gradientFactor();
        profile.lap("optimizer");
        boolean finite = Double.isFinite(mine.total()) && Double.isFinite(norm);
        agreed =
            synchroniser.agree(mine, finite, stopRequested.getAsBoolean(), runningStatistics());
        lapOfExchange();
        stopIfNotFinite(agreed, norm, batch, state.step() + 1);
        if (!agreed.finite()) {
          before.restore();
        }
        boolean averages =
            averagesAfter(state.step() + 1, position.stage(state.step() + 1, agreed.stop()));
        moveProbe(rate, agreed.finite() ? clipFactor(norm) : 0, averages);
        profile.lap("optimizer");
      } catch (EpochEndedException e) {
        before.restore();
        optimizer.zeroGradients();
        throw e;
      }
      if (agreed.stop()) {
        position.stop();
      }
      boolean finite = agreed.finite();
      if (finite) {
        method.update(rate);
        if (average != null) {
          average.follow(state.step() + 1);
          profile.lap("update");
        }
      }
      optimizer.zeroGradients();
      int images = 2 * batch.size() * exchange.trainers();
      position.move(
          new TrainerState(
              state.step() + 1,
              state.images() + images,
              state.skipped() + (finite ? 0 : 1),
              batch.next(),
              state.data(),
              state.bestValue(),
              true));
      return new Result(agreed.losses(), rate, norm, images);
    }
  }

  /**
   * The optimiser's step and, if it is time, the networks' mean over the trainers. What follows the
   * probe is averaged before it does, which comes to the same.
   *
   * @param factor of the gradients; 0 = the step is dropped, the probe does not move
   * @param average whether to average; the step's last exchange
   * @throws EpochEndedException if the trainers change meanwhile: nothing has moved then
   */
  private void moveProbe(double rate, double factor, boolean average) {
    NDList arrays = average ? all() : new NDList();
    RunningStatistics before = RunningStatistics.keep(arrays);
    if (factor != 0) {
      optimizer.step(rate, factor * synchroniser.gradientFactor());
    }
    if (!average) {
      return;
    }
    try {
      synchroniser.average(arrays);
    } catch (EpochEndedException e) {
      before.restore();
      if (factor != 0) {
        optimizer.takeBack();
      }
      throw e;
    }
  }

  /** Freezes what the model freezes in a step. */
  private void freeze(long step) {
    probe.at(step);
    if (average != null) {
      average.encoder().at(step);
    }
    if (method.gallery() != null) {
      method.gallery().at(step);
    }
  }

  /** The running statistics of batch norm that move. */
  private NDList runningStatistics() {
    NDList arrays = new NDList(probe.movingStatistics());
    if (method.gallery() != null) {
      arrays.addAll(method.gallery().movingStatistics());
    }
    return arrays;
  }

  private NDList all() {
    NDList arrays = runningStatistics();
    arrays.addAll(probe.parameters().movingWeights());
    arrays.addAll(optimizer.stateList());
    if (method.gallery() != null) {
      arrays.addAll(method.gallery().parameters().movingWeights());
    }
    if (average != null) {
      arrays.addAll(average.encoder().parameters().movingWeights());
      arrays.addAll(average.encoder().movingStatistics());
    }
    return arrays;
  }

  private void stopIfNotFinite(
      GradientSynchroniser.Agreement agreed, double norm, PairBatch batch, long step) {
    if (!agreed.finite() && setup.run().onNonFinite() == RunConfig.OnNonFinite.stop) {
      throw new NonFiniteException(
          step, agreed.losses(), norm, batch.start(), checkpointing.last());
    }
  }

  private double clipFactor(double norm) {
    Double clip = setup.optimizer().clipNorm();
    return clip == null || norm <= clip ? 1 : clip / norm;
  }

  /** Networks that go apart are averaged in time, and when something looks at them. */
  private boolean averagesAfter(long step, EndOfStep.Stage stage) {
    return synchroniser.averagesAfter(step) || synchroniser.local() && endOfStep.isDue(step, stage);
  }

  private void lapOfExchange() {
    if (exchange.trainers() > 1) {
      profile.lap("exchange");
    }
  }

  /** A step may be dropped for its numbers, or because the trainers change. */
  private boolean mayDrop() {
    return setup.run().onNonFinite() == RunConfig.OnNonFinite.skip || exchange.trainers() > 1;
  }
}
