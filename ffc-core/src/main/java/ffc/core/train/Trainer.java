package ffc.core.train;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.loss.Losses;
import ffc.core.method.Footprint;
import ffc.core.method.Method;
import ffc.core.method.MethodContext;
import ffc.core.method.RunConfig;
import ffc.core.method.StepProfile;
import ffc.core.net.DropoutMasks;
import ffc.core.net.Encoder;
import ffc.core.net.ModelConfig;
import ffc.core.net.RunningStatistics;
import ffc.core.net.Weights;
import ffc.core.optim.Optimizer;
import ffc.core.optim.OptimizerConfig;
import ffc.core.optim.Schedule;
import ffc.engine.Autograd;
import ffc.engine.Closer;
import ffc.engine.ComputeThreads;
import ffc.engine.Gpus;
import ffc.engine.ProcessMemory;
import ffc.eval.EvaluateConfig;
import ffc.exchange.EpochEndedException;
import ffc.exchange.GroupExchange;
import ffc.exchange.LocalExchange;
import ffc.loaders.DualLoader;
import ffc.loaders.data.Cursor;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.PairBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
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
      int syncEvery) {}

  private final Setup setup;
  private final Dataset dataset;
  private final GroupExchange exchange;
  private final GradientSynchroniser synchroniser;
  private final TrainerReplica replica;
  private final StateSync common;
  private final RunObserver observer;
  private final BooleanSupplier stopRequested;
  private final Closer closer = new Closer();
  private final Device device;
  private final NDManager manager;
  private final Encoder probe;
  private final Optimizer optimizer;
  private final Method method;
  private final Schedule schedule;
  private final Networks networks;
  private final TrainerContent content;
  private final Checkpointing checkpointing;
  private final Evaluating evaluating;
  private final EndOfStep endOfStep;
  private final StepTimes times = new StepTimes();
  private final StepProfile profile = new StepProfile();
  private final Interval interval = new Interval();

  private TrainerState state;
  private long peakAnonymous;
  private long peakDevice;
  private boolean stopped;

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
    this.synchroniser = closer.add(new GradientSynchroniser(exchange, setup.syncEvery()));
    this.observer = observer;
    this.stopRequested = stopRequested;
    try {
      device = device(setup.run().device(), setup.gpu());
      ComputeThreads.set(setup.run().threads());
      Autograd.off();
      manager = closer.add(NDManager.newBaseManager(device));
      probe =
          closer.add(Encoder.create(setup.model(), manager, setup.seed(), setup.run().precision()));
      probe.parameters().requireGradients();
      optimizer = closer.add(Optimizer.of(setup.optimizer(), probe.parameters(), manager));
      if (setup.model().initFrom() != null && setup.resumeFrom() == null) {
        Weights.loadFile(probe.parameters(), Path.of(setup.model().initFrom()));
      }
      schedule =
          new Schedule(
              setup.optimizer().learningRate(), setup.optimizer().schedule(), setup.run().steps());
      method =
          closer.add(
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
                          profile)));
      if (method.group() == null && !method.isSharded() && !(exchange instanceof LocalExchange)) {
        throw new IllegalArgumentException(
            "method.type "
                + setup.methodName()
                + " trains with one trainer; leave section cluster away, or use ffc or partial-fc");
      }
      networks = new Networks(probe, method, optimizer, synchroniser);
      boolean together = method.isSharded() && exchange.trainers() > 1;
      common = new StateSync(exchange, !together);
      content = new TrainerContent(probe, optimizer, method, dataset, manager);
      checkpointing =
          new Checkpointing(
              setup.run(), setup.checkpoints(), exchange, method, common, observer, content::save);
      evaluating =
          closer.add(
              new Evaluating(
                  setup.evaluate(),
                  setup.run().best(),
                  probe,
                  method,
                  dataset,
                  setup.data().workers(),
                  observer));
      endOfStep = new EndOfStep(checkpointing, evaluating, synchroniser, method.isSharded());
      replica = replica();
      if (setup.resumeFrom() == null) {
        state = new TrainerState(0, 0, 0, Cursor.START, dataset.fingerprint(), Double.NaN, true);
        endOfStep.loaded(state);
      } else {
        CheckpointReader in = CheckpointReader.open(setup.resumeFrom());
        if (together) {
          state = TrainerState.load(in); // the rest is loaded with the others
        } else {
          state = content.load(in);
        }
        checkpointing.resumed(setup.resumeFrom(), state);
        endOfStep.loaded(state);
      }
    } catch (Throwable e) {
      closer.closeAfter(e);
      throw e;
    }
  }

  private TrainerReplica replica() {
    boolean hasState = exchange.rank() == 0;
    return method.isSharded()
        ? TrainerReplica.ofSharded(
            hasState,
            this::step,
            this::isThrough,
            this::arrayHashes,
            out -> state.save(out),
            this::takeOverStep)
        : new TrainerReplica(
            hasState,
            this::step,
            this::isThrough,
            method::group,
            this::arrayHashes,
            out -> content.save(out, state),
            this::takeOver);
  }

  private void takeOver(Path folder) throws IOException {
    state = content.load(CheckpointReader.open(folder));
    endOfStep.tookOver();
  }

  private void takeOverStep(Path folder) throws IOException {
    common.lost();
    state = TrainerState.load(CheckpointReader.open(folder));
    endOfStep.tookOver();
  }

  /** Local steps leave the networks apart until they are averaged. */
  private Map<String, Long> arrayHashes() {
    return state.step() % setup.syncEvery() == 0 ? networks.hashes() : Map.of();
  }

  /** Whether networks run on a GPU where a run is wanted; starts the engine. */
  public static boolean onGpu(RunConfig.Device wanted) {
    return wanted != RunConfig.Device.cpu && Gpus.usable() > 0;
  }

  /**
   * Where a trainer runs.
   *
   * @param gpu number of its GPU, if it runs on one
   * @throws IllegalArgumentException if this machine does not have it
   */
  public static Device device(RunConfig.Device wanted, int gpu) {
    int gpus = Gpus.usable();
    if (wanted == RunConfig.Device.gpu && gpus == 0) {
      throw new IllegalArgumentException(
          "run.device is gpu, but the engine sees none: ./ffc doctor tells why; or use run.device: auto"
              + " or cpu");
    }
    if (!onGpu(wanted)) {
      return Device.cpu();
    }
    if (gpu >= gpus) {
      throw new IllegalArgumentException(
          "run.devices or cluster.devices names GPU "
              + gpu
              + ", this machine has "
              + gpus
              + ", numbered from 0");
    }
    return Device.gpu(gpu);
  }

  /** Steps completed, over all resumes. */
  public long step() {
    return state.step();
  }

  /** Arrays of the engine that this trainer holds at the moment. */
  int liveArrays() {
    return manager.getManagedArrays().size();
  }

  /** Trains to the last step or until a stop is requested of any trainer. */
  public RunSummary run() throws IOException {
    boolean othersAreThrough = !exchange.begin(replica) || !settle();
    long last = setup.run().steps();
    if (synchroniser.isFirst() && !othersAreThrough) {
      state = checkpointing.begin(state);
    }
    observer.started(state.step(), last);
    while (!othersAreThrough) {
      try {
        trainToEnd();
        // For the first trainer to do, whoever that turns out to be.
        state = endOfStep.pass(state, placeOf(state.step(), stopped));
        break;
      } catch (EpochEndedException e) {
        othersAreThrough = !exchange.rejoin() || !settle();
      }
    }
    exchange.finish();
    RunSummary summary = summary(othersAreThrough || state.step() >= last);
    observer.finished(summary);
    return summary;
  }

  private void trainToEnd() throws IOException {
    if (atEnd()) {
      return;
    }
    try (DeviceFeed feed = feed()) {
      while (!atEnd()) {
        state = endOfStep.pass(state, EndOfStep.Place.within);
        exchange.beginStep(state.step());
        interval.begin(feed);
        StepResult result = step(feed);
        interval.end(feed, result);
        report(interval, result);
      }
    }
  }

  /**
   * Comes to one state with the others of an epoch that has begun, or of the one after it; false if
   * they have finished the run instead.
   */
  private boolean settle() throws IOException {
    do {
      try {
        if (method.isSharded()) {
          settleShares();
        }
        settleMilestone();
        return true;
      } catch (EpochEndedException e) {
        // Once more, with those of the next epoch.
      }
    } while (exchange.rejoin());
    return false;
  }

  private boolean isThrough() {
    return atEnd() && endOfStep.isPassed(state.step());
  }

  private void settleShares() throws IOException {
    long before = state.step();
    boolean loaded =
        common.settle(
            method.holdsItsShare(),
            before,
            () -> checkpointing.writeFirst(state),
            in -> {
              state = content.load(in);
              endOfStep.loaded(state);
            });
    if (loaded && before > state.step()) {
      observer.wentBack(before, state.step());
    }
  }

  /**
   * Tells each other what is through of this step's milestone, and of a wish to stop: who missed
   * the end of the last epoch does not know.
   */
  private void settleMilestone() {
    ByteBuffer mine = ByteBuffer.allocate(2 + Double.BYTES);
    mine.put((byte) (endOfStep.isPassed(state.step()) ? 1 : 0))
        .put((byte) (stopped ? 1 : 0))
        .putDouble(state.bestValue());
    for (byte[] bytes : exchange.meet(mine.array())) {
      ByteBuffer theirs = ByteBuffer.wrap(bytes);
      boolean passed = theirs.get() != 0;
      stopped |= theirs.get() != 0;
      if (passed) {
        endOfStep.pass(state.step());
        state = state.withBest(theirs.getDouble());
      }
    }
  }

  private boolean atEnd() {
    return stopped || state.step() >= setup.run().steps();
  }

  private DeviceFeed feed() {
    DualLoader loader =
        new DualLoader(
            dataset,
            setup.data(),
            setup.model().shape(),
            setup.seed(),
            exchange.rank(),
            exchange.trainers(),
            state.cursor());
    return new DeviceFeed(
        loader, manager, setup.model().shape(), setup.run().accumulate(), profile, device.isGpu());
  }

  private record StepResult(
      Losses losses, double learningRate, double gradientNorm, int images, Cursor cursor) {}

  private StepResult step(DeviceFeed feed) {
    double rate = schedule.at(state.step());
    profile.begin();
    if (setup.model().dropout() > 0) {
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
            synchroniser.agree(
                mine, finite, stopRequested.getAsBoolean(), networks.runningStatistics());
        lapOfExchange();
        stopIfNotFinite(agreed, norm, batch);
        if (!agreed.finite()) {
          before.restore();
        }
        networks.optimizerStep(
            rate,
            agreed.finite() ? clipFactor(norm) : 0,
            averagesAfter(state.step() + 1, agreed.stop()));
        profile.lap("optimizer");
      } catch (EpochEndedException e) {
        before.restore();
        optimizer.zeroGradients();
        throw e;
      }
      Losses losses = agreed.losses();
      stopped = agreed.stop();
      boolean finite = agreed.finite();
      if (finite) {
        method.update(rate);
      }
      optimizer.zeroGradients();
      int images = 2 * batch.size() * exchange.trainers();
      state =
          new TrainerState(
              state.step() + 1,
              state.images() + images,
              state.skipped() + (finite ? 0 : 1),
              batch.next(),
              state.data(),
              state.bestValue(),
              true);
      return new StepResult(losses, rate, norm, images, batch.next());
    }
  }

  private void stopIfNotFinite(
      GradientSynchroniser.Agreement agreed, double norm, PairBatch batch) {
    if (!agreed.finite() && setup.run().onNonFinite() == RunConfig.OnNonFinite.stop) {
      throw new NonFiniteException(
          state.step() + 1, agreed.losses(), norm, batch.start(), checkpointing.last());
    }
  }

  private double clipFactor(double norm) {
    Double clip = setup.optimizer().clipNorm();
    return clip == null || norm <= clip ? 1 : clip / norm;
  }

  /** Networks that go apart are averaged in time, and when something looks at them. */
  private boolean averagesAfter(long step, boolean stop) {
    return synchroniser.averagesAfter(step)
        || synchroniser.local() && endOfStep.isDue(step, placeOf(step, stop));
  }

  private EndOfStep.Place placeOf(long step, boolean stop) {
    if (stop) {
      return EndOfStep.Place.stop;
    }
    return step >= setup.run().steps() ? EndOfStep.Place.last : EndOfStep.Place.within;
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

  private void report(Interval interval, StepResult result) {
    observer.progress(state.step(), result.losses().total(), interval.imagesPerSecond());
    if (atEnd() || state.step() % setup.run().reportEvery() == 0) {
      peakAnonymous = Math.max(peakAnonymous, ProcessMemory.anonymous());
      peakDevice = Math.max(peakDevice, ProcessMemory.device(device));
      observer.report(interval.report(result));
    }
  }

  private Map<String, Double> statistics() {
    Map<String, Double> figures = new LinkedHashMap<>(method.statistics());
    figures.putAll(dataset.statistics());
    figures.putAll(exchange.statistics());
    if (state.cursor().skipped() > 0) {
      figures.put("skipped_images", (double) state.cursor().skipped());
    }
    if (setup.run().profile()) {
      figures.putAll(profile.take());
    }
    return figures;
  }

  /** The figures of the run so far. */
  public RunSummary summary(boolean finished) {
    double median = times.percentileMs(0.5);
    int pairs = setup.data().pairsPerBatch();
    Footprint predicted =
        TrainerFootprint.of(
            method.footprint(),
            probe.size(),
            setup.model(),
            setup.data(),
            setup.optimizer(),
            setup.run(),
            !setup.evaluate().isEmpty(),
            exchange.trainers(),
            setup.syncEvery());
    return new RunSummary(
        setup.methodName(),
        state.step(),
        state.images(),
        2.0 * pairs * exchange.trainers() / median * 1e3,
        median,
        times.percentileMs(0.99),
        ProcessMemory.peakRss(),
        peakAnonymous,
        ProcessMemory.heapPeak(),
        device.isGpu() ? peakDevice : null,
        state.skipped(),
        predicted.parts(),
        finished,
        evaluating.latest());
  }

  @Override
  public void close() {
    closer.close();
  }

  /** Times and averages between two reports, evaluation and checkpoints left out. */
  private final class Interval {
    private long nanos;
    private long waited;
    private long images;
    private long stepBegan;
    private long waitedBefore;

    void begin(DeviceFeed feed) {
      stepBegan = System.nanoTime();
      waitedBefore = feed.waitNanos();
    }

    void end(DeviceFeed feed, StepResult result) {
      long step = System.nanoTime() - stepBegan;
      times.add(step);
      nanos += step;
      waited += feed.waitNanos() - waitedBefore;
      images += result.images();
    }

    double imagesPerSecond() {
      return images / (nanos / 1e9);
    }

    StepReport report(StepResult result) {
      StepReport report =
          new StepReport(
              state.step(),
              result.cursor().epoch(),
              result.cursor().idEpoch(),
              result.losses().total(),
              result.losses().terms(),
              result.learningRate(),
              result.gradientNorm(),
              imagesPerSecond(),
              (double) waited / nanos,
              statistics(),
              ProcessMemory.rss());
      nanos = 0;
      waited = 0;
      images = 0;
      return report;
    }
  }
}
