package ffc.core;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.pytorch.jni.JniUtils;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.CheckpointWriter;
import ffc.core.checkpoint.Checkpoints;
import ffc.core.eval.EvalResult;
import ffc.idgroup.GroupExchange;
import ffc.loaders.Cursor;
import ffc.loaders.Dataset;
import ffc.loaders.DualLoader;
import ffc.loaders.PairBatch;
import java.io.IOException;
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
   */
  public record Setup(
      long seed,
      ffc.loaders.DataConfig data,
      ModelConfig model,
      String methodName,
      MethodContext.Factory method,
      OptimizerConfig optimizer,
      RunConfig run,
      List<EvaluateConfig> evaluate,
      Path checkpoints,
      Path resumeFrom) {}

  private final Setup setup;
  private final Dataset dataset;
  private final RunObserver observer;
  private final BooleanSupplier stopRequested;
  private final NDManager manager;
  private final Encoder probe;
  private final Optimizer optimizer;
  private final Method method;
  private final Schedule schedule;
  private final Checkpoints checkpoints;
  private final Evaluations evaluations;
  private final StepTimes times = new StepTimes();
  private final StepProfile profile = new StepProfile();

  private TrainerState state;
  private long peakAnonymous;
  private Path lastCheckpoint;

  /**
   * Builds networks and method and loads the checkpoint, if one is given.
   *
   * @param dataset the training set; stays the caller's
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
    this.observer = observer;
    this.stopRequested = stopRequested;
    Device device = device(setup.run().device());
    JniUtils.setNumThreads(setup.run().threads());
    Autograd.off();
    manager = NDManager.newBaseManager(device);
    probe = Encoder.create(setup.model(), manager, setup.seed(), setup.run().precision());
    probe.parameters().requireGradients();
    optimizer = Optimizer.of(setup.optimizer(), probe.parameters(), manager);
    if (setup.model().initFrom() != null && setup.resumeFrom() == null) {
      Weights.loadFile(probe.parameters(), Path.of(setup.model().initFrom()));
    }
    schedule =
        new Schedule(
            setup.optimizer().learningRate(), setup.optimizer().schedule(), setup.run().steps());
    checkpoints = new Checkpoints(setup.checkpoints(), setup.run().keepCheckpoints());
    method =
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
                    profile));
    evaluations = new Evaluations(setup.evaluate(), probe, method, dataset);
    if (setup.resumeFrom() == null) {
      state = new TrainerState(0, 0, 0, Cursor.START, dataset.fingerprint(), Double.NaN);
    } else {
      load(setup.resumeFrom());
    }
  }

  private static Device device(RunConfig.Device wanted) {
    int gpus = Engine.getInstance().getGpuCount();
    if (wanted == RunConfig.Device.gpu && gpus == 0) {
      throw new IllegalArgumentException(
          "run.device is gpu, but the engine sees none; use run.device: auto or cpu");
    }
    return wanted != RunConfig.Device.cpu && gpus > 0 ? Device.gpu() : Device.cpu();
  }

  /** Steps completed, over all resumes. */
  public long step() {
    return state.step();
  }

  /** Arrays of the engine that this trainer holds at the moment. */
  int liveArrays() {
    return manager.getManagedArrays().size();
  }

  /** Trains to the last step or until a stop is requested. */
  public RunSummary run() throws IOException {
    long last = setup.run().steps();
    observer.started(state.step(), last);
    Interval interval = new Interval();
    boolean stopped = false;
    try (DualLoader loader =
        new DualLoader(
            dataset, setup.data(), setup.model().shape(), setup.seed(), 0, 1, state.cursor())) {
      while (state.step() < last && !stopped) {
        interval.begin(loader);
        StepResult result = step(loader);
        interval.end(loader, result);
        stopped = stopRequested.getAsBoolean();
        afterStep(interval, result, state.step() == last || stopped, stopped);
      }
    }
    RunSummary summary = summary(state.step() >= last);
    observer.finished(summary);
    return summary;
  }

  private record StepResult(
      Losses losses, double learningRate, double gradientNorm, int images, Cursor cursor) {}

  private StepResult step(DualLoader loader) {
    double rate = schedule.at(state.step());
    profile.begin();
    if (setup.model().dropout() > 0) {
      // The engine's generator cannot be saved, so every step starts it anew.
      Engine.getInstance().setRandomSeed((int) (setup.seed() * 31 + state.step()));
    }
    try (PairBatch batch = loader.next();
        NDManager stepManager = manager.newSubManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      DevicePair pair = upload(batch, stepManager);
      RunningStatistics before = RunningStatistics.keep(setup.run(), probe, method.gallery());
      Losses losses = method.accumulate(pair);
      double norm = optimizer.gradientNorm();
      boolean finite = Double.isFinite(losses.total()) && Double.isFinite(norm);
      if (!finite && setup.run().onNonFinite() == RunConfig.OnNonFinite.stop) {
        throw new NonFiniteException(state.step() + 1, losses, norm, batch.start(), lastCheckpoint);
      }
      if (finite) {
        Double clip = setup.optimizer().clipNorm();
        optimizer.step(rate, clip == null || norm <= clip ? 1 : clip / norm);
        profile.lap("optimizer");
        method.update(rate);
      } else {
        before.restore();
      }
      optimizer.zeroGradients();
      int images = 2 * batch.size();
      state =
          new TrainerState(
              state.step() + 1,
              state.images() + images,
              state.skipped() + (finite ? 0 : 1),
              batch.next(),
              state.data(),
              state.bestValue());
      return new StepResult(losses, rate, norm, images, batch.next());
    }
  }

  private DevicePair upload(PairBatch batch, NDManager stepManager) {
    profile.lap("data");
    DevicePair pair =
        DevicePair.upload(batch, setup.model().shape(), stepManager, setup.run().accumulate());
    profile.lap("upload");
    return pair;
  }

  private void afterStep(Interval interval, StepResult result, boolean end, boolean stopped)
      throws IOException {
    observer.progress(state.step(), result.losses().total(), interval.imagesPerSecond());
    if (end || state.step() % setup.run().reportEvery() == 0) {
      peakAnonymous = Math.max(peakAnonymous, ProcessMemory.anonymous());
      observer.report(interval.report(result));
    }
    boolean improved = false;
    for (EvalResult r : evaluations.due(state.step(), end && !stopped)) {
      observer.evaluated(state.step(), r);
      improved |= improves(r);
    }
    int every = setup.run().checkpointEvery();
    if (end || (every > 0 && state.step() % every == 0)) {
      lastCheckpoint = checkpoints.write(state.step(), this::save);
      observer.checkpoint(state.step(), lastCheckpoint);
    }
    if (improved) {
      observer.checkpoint(state.step(), checkpoints.writeBest(this::save));
    }
  }

  private boolean improves(EvalResult result) {
    String best = setup.run().best();
    if (best == null || !best.startsWith(result.name() + ".")) {
      return false;
    }
    Double value = result.metric(best.substring(result.name().length() + 1));
    if (value == null || value <= state.bestValue()) {
      return false;
    }
    state =
        new TrainerState(
            state.step(), state.images(), state.skipped(), state.cursor(), state.data(), value);
    return true;
  }

  private Map<String, Double> statistics() {
    Map<String, Double> figures = new LinkedHashMap<>(method.statistics());
    figures.putAll(dataset.statistics());
    if (state.cursor().skipped() > 0) {
      figures.put("skipped_images", (double) state.cursor().skipped());
    }
    if (setup.run().profile()) {
      figures.putAll(profile.take());
    }
    return figures;
  }

  private void save(CheckpointWriter out) throws IOException {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      out.tensors("probe", probe.parameters().all());
      optimizer.save(out);
      method.save(out);
    }
    state.save(out);
  }

  private void load(Path folder) throws IOException {
    CheckpointReader in = CheckpointReader.open(folder);
    state = TrainerState.load(in);
    if (!state.data().equals(dataset.fingerprint())) {
      throw new IllegalArgumentException(
          folder
              + ": the run was trained on data with fingerprint "
              + state.data()
              + ", data.train has "
              + dataset.fingerprint()
              + "; start a new run, or point data.train at the old data");
    }
    try (NDManager temporary = manager.newSubManager()) {
      Weights.load(probe.parameters(), in.tensors("probe", temporary), folder + "/probe");
    }
    optimizer.load(in);
    method.load(in);
    lastCheckpoint = folder;
  }

  private RunSummary summary(boolean finished) {
    double median = times.percentileMs(0.5);
    Footprint footprint = method.footprint();
    long weights = probe.parameters().size();
    int pairs = setup.data().pairsPerBatch();
    Map<String, Long> predicted = new LinkedHashMap<>(footprint.parts());
    predicted.put("probe", 4 * weights);
    predicted.put("probe_gradient_and_momentum", 8 * weights);
    predicted.put(
        "activations", 4 * probe.activationsPerImage() * pairs / setup.run().accumulate());
    return new RunSummary(
        setup.methodName(),
        state.step(),
        state.images(),
        2.0 * pairs / median * 1e3,
        median,
        times.percentileMs(0.99),
        ProcessMemory.peakRss(),
        peakAnonymous,
        ProcessMemory.heapPeak(),
        null,
        state.skipped(),
        predicted,
        finished,
        evaluations.latest());
  }

  @Override
  public void close() {
    evaluations.close();
    method.close();
    optimizer.close();
    probe.close();
    manager.close();
  }

  /** Times and averages between two reports, evaluation and checkpoints left out. */
  private final class Interval {
    private long nanos;
    private long waited;
    private long images;
    private long stepBegan;
    private long waitedBefore;

    void begin(DualLoader loader) {
      stepBegan = System.nanoTime();
      waitedBefore = loader.waitNanos();
    }

    void end(DualLoader loader, StepResult result) {
      long step = System.nanoTime() - stepBegan;
      times.add(step);
      nanos += step;
      waited += loader.waitNanos() - waitedBefore;
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
