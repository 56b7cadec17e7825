package ffc.core.train;

import ai.djl.Device;
import ffc.core.method.Footprint;
import ffc.core.method.Method;
import ffc.core.method.StepProfile;
import ffc.core.method.TrainerFootprint;
import ffc.core.net.Encoder;
import ffc.engine.ProcessMemory;
import ffc.exchange.GroupExchange;
import ffc.loaders.data.Dataset;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a run tells of its steps: times, averages and memory, evaluations and checkpoints left out.
 */
final class Reporting {
  private final Trainer.Setup setup;
  private final Device device;
  private final Encoder probe;
  private final Method method;
  private final Dataset dataset;
  private final GroupExchange exchange;
  private final StepProfile profile;
  private final RunObserver observer;
  private final StepTimes times = new StepTimes();
  private long peakAnonymous;
  private long peakDevice;

  private long stepBegan;
  private long waitedBefore;

  // Since the last report.
  private long nanos;
  private long waited;
  private long images;

  Reporting(
      Trainer.Setup setup,
      Device device,
      Encoder probe,
      Method method,
      Dataset dataset,
      GroupExchange exchange,
      StepProfile profile,
      RunObserver observer) {
    this.setup = setup;
    this.device = device;
    this.probe = probe;
    this.method = method;
    this.dataset = dataset;
    this.exchange = exchange;
    this.profile = profile;
    this.observer = observer;
  }

  /** A step begins. */
  void begin(DeviceFeed feed) {
    stepBegan = System.nanoTime();
    waitedBefore = feed.waitNanos();
  }

  /** A step has ended: tells the observer, and reports if it is time. */
  void end(DeviceFeed feed, Step.Result result, Position position) {
    long step = System.nanoTime() - stepBegan;
    times.add(step);
    nanos += step;
    waited += feed.waitNanos() - waitedBefore;
    images += result.images();
    observer.progress(position.step(), result.losses().total(), imagesPerSecond());
    if (position.atEnd() || position.step() % setup.run().reportEvery() == 0) {
      peakAnonymous = Math.max(peakAnonymous, ProcessMemory.anonymous());
      peakDevice = Math.max(peakDevice, ProcessMemory.device(device));
      observer.report(report(result, position.state()));
      nanos = 0;
      waited = 0;
      images = 0;
    }
  }

  private double imagesPerSecond() {
    return images / (nanos / 1e9);
  }

  private StepReport report(Step.Result result, TrainerState state) {
    return new StepReport(
        state.step(),
        state.images(),
        state.cursor().epoch(),
        state.cursor().idEpoch(),
        result.losses().total(),
        result.losses().terms(),
        result.learningRate(),
        result.gradientNorm(),
        imagesPerSecond(),
        (double) waited / nanos,
        statistics(state),
        ProcessMemory.rss());
  }

  private Map<String, Double> statistics(TrainerState state) {
    Map<String, Double> figures = new LinkedHashMap<>(method.statistics());
    figures.putAll(dataset.statistics());
    figures.putAll(exchange.statistics());
    if (state.cursor().skipped() > 0) {
      figures.put("skipped_images", (double) state.cursor().skipped());
    }
    if (state.skipped() > 0) {
      figures.put("skipped_steps", (double) state.skipped());
    }
    if (setup.run().profile()) {
      figures.putAll(profile.take());
    }
    return figures;
  }

  /** The figures of the run so far. */
  RunSummary summary(TrainerState state, boolean finished, Evaluating evaluating) {
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
        predicted,
        finished,
        evaluating.latest());
  }

  /** Wall times of the steps of this process; of a long run, the latest million. */
  private static final class StepTimes {
    private static final int WARMUP = 10;
    private static final int KEPT = 1 << 20;

    private long[] nanos = new long[1024];
    private long steps;

    void add(long stepNanos) {
      if (steps++ < WARMUP) {
        return;
      }
      long counted = steps - WARMUP - 1;
      if (counted >= nanos.length && nanos.length < KEPT) {
        nanos = Arrays.copyOf(nanos, nanos.length * 2);
      }
      nanos[(int) (counted % nanos.length)] = stepNanos;
    }

    /** A percentile in milliseconds, without the first steps; NaN if there were only those. */
    double percentileMs(double share) {
      int n = (int) Math.min(Math.max(0, steps - WARMUP), nanos.length);
      if (n == 0) {
        return Double.NaN;
      }
      long[] sorted = Arrays.copyOf(nanos, n);
      Arrays.sort(sorted);
      return sorted[(int) Math.min(n - 1, Math.floor(share * n))] / 1e6;
    }
  }
}
