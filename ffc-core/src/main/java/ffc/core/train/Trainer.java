package ffc.core.train;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.OwnHistory;
import ffc.core.method.Method;
import ffc.core.method.MethodContext;
import ffc.core.method.RunConfig;
import ffc.core.method.StepProfile;
import ffc.core.method.TrainingDevice;
import ffc.core.net.Encoder;
import ffc.core.net.ModelConfig;
import ffc.core.net.MomentumEncoder;
import ffc.core.net.Precision;
import ffc.core.net.Weights;
import ffc.core.net.layout.WeightLayout;
import ffc.core.optim.Optimizer;
import ffc.core.optim.OptimizerConfig;
import ffc.engine.Autograd;
import ffc.engine.Closer;
import ffc.engine.ComputeThreads;
import ffc.engine.Tf32;
import ffc.eval.EvaluateConfig;
import ffc.exchange.EpochEndedException;
import ffc.exchange.GroupExchange;
import ffc.loaders.DualLoader;
import ffc.loaders.data.Cursor;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * The training loop: batch, method, optimiser, update; reports, evaluations and checkpoints at
 * their intervals. A run resumed from a checkpoint repeats the losses of an unbroken one bit for
 * bit on the CPU.
 *
 * <p>Several trainers work in lock-step through a {@link GroupExchange}: each computes its share of
 * the global batch; losses, gradients and the group are the global batch's, batch norm normalises
 * by the share's own statistics. The first of them evaluates and writes the checkpoints, which do
 * not depend on the number of trainers. One that was lost takes its state from the others, or, if
 * the method is sharded, all go back to the last checkpoint ({@link StateSync}).
 *
 * <p>Build one, call {@link #run}, close it. Everything happens on the calling thread.
 */
public final class Trainer implements AutoCloseable {

  /**
   * What a run is made of.
   *
   * @param seed decides weights, order and augmentation
   * @param methodName for the summary
   * @param method builds the method
   * @param evaluate sets to judge the model on
   * @param checkpoints folder for checkpoints
   * @param resumeFrom checkpoint to continue from, or null
   * @param gpu number of the GPU to use if the run uses one
   * @param syncEvery several trainers: steps between averages of their networks, 1 = gradients are
   *     added up in every step
   */
  public record Setup(
      long seed,
      ffc.loaders.data.DataConfig data,
      ModelConfig model,
      String methodName,
      MethodContext.Factory method,
      OptimizerConfig optimizer,
      RunConfig run,
      List<EvaluateConfig> evaluate,
      Path checkpoints,
      Path resumeFrom,
      int gpu,
      int syncEvery) {
    /** Shape of the images, and what happens to those of another size. */
    ImageShape shape() {
      return model.shape().resized(data.resize());
    }
  }

  private final Setup setup;
  private final Dataset dataset;
  private final GroupExchange exchange;
  private final RunObserver observer;
  private final Closer closer = new Closer();
  private final Device device;
  private final NDManager manager;
  private final StepProfile profile = new StepProfile();
  private final Checkpointing checkpointing;
  private final Evaluating evaluating;
  private final EndOfStep endOfStep;
  private final Position position;
  private final Step step;
  private final Team team;
  private final Reporting reporting;

  /**
   * Builds networks and method and loads the checkpoint, if one is given.
   *
   * @param dataset the training set; stays the caller's
   * @param exchange the way to the other trainers; stays the caller's
   * @param observer told what happens
   * @param stopRequested asked after every step; true ends the run with a checkpoint
   * @throws IllegalArgumentException if the checkpoint cannot be used
   */
  public Trainer(
      Setup setup,
      Dataset dataset,
      GroupExchange exchange,
      RunObserver observer,
      BooleanSupplier stopRequested)
      throws IOException {
    this.setup = setup;
    this.dataset = dataset;
    this.exchange = exchange;
    this.observer = observer;
    position = new Position(setup.run().steps());
    try {
      GradientSynchroniser synchroniser =
          closer.add(new GradientSynchroniser(exchange, setup.syncEvery()));
      device = TrainingDevice.of(setup.run().device(), setup.gpu());
      ComputeThreads.set(setup.run().threads());
      Tf32.allow(setup.run().precision() != Precision.fp32);
      Autograd.off();
      manager = closer.add(NDManager.newBaseManager(device));
      Encoder probe =
          closer.add(Encoder.create(setup.model(), manager, setup.seed(), setup.run().precision()));
      probe.recompute(setup.run().checkpointActivations());
      probe.parameters().requireGradients();
      Optimizer optimizer =
          closer.add(Optimizer.of(setup.optimizer(), probe.parameters(), manager));
      if (setup.model().initFrom() != null && setup.resumeFrom() == null) {
        Weights.loadFile(
            probe.parameters(), Path.of(setup.model().initFrom()), WeightLayout::describe);
      }
      MomentumEncoder average = average(probe);
      Method method = closer.add(method(probe));
      boolean together = method.isSharded() && exchange.trainers() > 1;
      StateSync sync = new StateSync(exchange, !together);
      TrainerContent content =
          new TrainerContent(probe, average, optimizer, method, dataset, manager);
      checkpointing =
          new Checkpointing(
              setup.run(), setup.checkpoints(), exchange, method, sync, observer, content::save);
      evaluating =
          closer.add(
              new Evaluating(
                  setup.evaluate(),
                  setup.run().best(),
                  networks(probe, average, method),
                  dataset,
                  setup.shape(),
                  setup.data().workers(),
                  observer));
      endOfStep = new EndOfStep(checkpointing, evaluating, synchroniser, method.isSharded());
      step =
          new Step(
              setup,
              probe,
              average,
              method,
              optimizer,
              exchange,
              synchroniser,
              endOfStep,
              checkpointing,
              profile,
              stopRequested);
      team =
          new Team(
              exchange,
              setup.syncEvery(),
              method,
              content,
              position,
              sync,
              checkpointing,
              endOfStep,
              new OwnHistory(setup.checkpoints().resolveSibling("history.txt")),
              observer);
      reporting = new Reporting(setup, device, probe, method, dataset, exchange, profile, observer);
      if (setup.resumeFrom() == null) {
        position.move(
            new TrainerState(0, 0, 0, Cursor.START, dataset.fingerprint(), Double.NaN, true));
      } else {
        CheckpointReader in = CheckpointReader.open(setup.resumeFrom());
        // Together, the rest is loaded with the others.
        position.move(together ? TrainerState.load(in) : content.load(in));
        checkpointing.resumed(setup.resumeFrom(), position.state());
      }
      endOfStep.loaded(position.state());
    } catch (Throwable e) {
      closer.closeAfter(e);
      throw e;
    }
  }

  /** Of {@code run.ema}; null without. */
  private MomentumEncoder average(Encoder probe) {
    Double decay = setup.run().ema();
    return decay == null
        ? null
        : closer.add(
            new MomentumEncoder(
                probe,
                setup.model(),
                MomentumEncoder.Following.average(decay),
                manager,
                setup.seed()));
  }

  private static Map<EvaluateConfig.Net, Encoder> networks(
      Encoder probe, MomentumEncoder average, Method method) {
    Map<EvaluateConfig.Net, Encoder> networks = new EnumMap<>(EvaluateConfig.Net.class);
    networks.put(EvaluateConfig.Net.probe, probe);
    if (average != null) {
      networks.put(EvaluateConfig.Net.ema, average.encoder());
    }
    if (method.gallery() != null) {
      networks.put(EvaluateConfig.Net.gallery, method.gallery());
    }
    return networks;
  }

  private Method method(Encoder probe) throws IOException {
    Method method =
        setup
            .method()
            .create(
                new MethodContext(
                    probe,
                    setup.model(),
                    setup.data(),
                    dataset,
                    setup.optimizer(),
                    setup.run(),
                    setup.seed(),
                    exchange,
                    this::step,
                    profile));
    if (method.group() == null && !method.isSharded() && !exchange.isAlone()) {
      throw new IllegalArgumentException(
          "method.type "
              + setup.methodName()
              + " trains with one trainer; leave section cluster away, or use ffc or partial-fc");
    }
    return method;
  }

  /** Steps completed, over all resumes. */
  public long step() {
    return position.step();
  }

  /** Arrays of the engine that this trainer holds at the moment. */
  int liveArrays() {
    return manager.getManagedArrays().size();
  }

  /** Trains to the last step or until a stop is requested of any trainer. */
  public RunSummary run() throws IOException {
    boolean othersAreThrough = !team.begin();
    if (exchange.rank() == 0 && !othersAreThrough) {
      position.move(checkpointing.begin(position.state()));
    }
    observer.started(step(), setup.run().steps());
    team.recorded();
    while (!othersAreThrough) {
      try {
        trainToEnd();
        // For the first trainer to do, whoever that turns out to be.
        position.move(endOfStep.pass(position.state(), position.stage()));
        break;
      } catch (EpochEndedException e) {
        othersAreThrough = !team.rejoin();
      }
    }
    exchange.finish();
    RunSummary summary = summary(othersAreThrough || position.isLast());
    observer.finished(summary);
    return summary;
  }

  private void trainToEnd() throws IOException {
    if (position.atEnd()) {
      return;
    }
    try (DeviceFeed feed = feed()) {
      while (!position.atEnd()) {
        position.move(endOfStep.pass(position.state(), EndOfStep.Stage.within));
        exchange.beginStep(step());
        reporting.begin(feed);
        Step.Result result = step.make(feed, position);
        reporting.end(feed, result, position);
      }
    }
  }

  private DeviceFeed feed() {
    DualLoader loader =
        new DualLoader(
            dataset,
            setup.data(),
            setup.shape(),
            setup.seed(),
            exchange.rank(),
            exchange.trainers(),
            position.state().cursor());
    return new DeviceFeed(
        loader, manager, setup.shape(), setup.run().accumulate(), profile, device.isGpu());
  }

  /** The figures of the run so far. */
  public RunSummary summary(boolean finished) {
    return reporting.summary(position.state(), finished, evaluating);
  }

  @Override
  public void close() {
    closer.close();
  }
}
