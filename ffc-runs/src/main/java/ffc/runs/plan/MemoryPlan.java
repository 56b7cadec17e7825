package ffc.runs.plan;

import ffc.core.method.Footprint;
import ffc.core.method.MethodConfig;
import ffc.core.method.RunConfig;
import ffc.core.method.StepSizes;
import ffc.core.method.TrainerFootprint;
import ffc.core.net.NetworkSize;
import ffc.runs.experiment.Experiment;

/**
 * Predicts the memory of one trainer, part by part, from an experiment and a number of classes. The
 * parts have the names of {@code predicted_bytes} in {@code summary.json}.
 */
public final class MemoryPlan {
  /** What a class count cannot be found above: the bound of {@link #largest}. */
  public static final long MOST_CLASSES = 1L << 40;

  private final Experiment experiment;
  private final int devices;
  private final NetworkSize size;

  /**
   * Sizes the experiment's network.
   *
   * @param devices trainers that share the classes of a trained classifier in contiguous ranges
   */
  public MemoryPlan(Experiment experiment, int devices) {
    this.experiment = experiment;
    this.devices = devices;
    RunConfig run = experiment.run();
    size =
        NetworkSize.of(experiment.model(), run.precision(), run.checkpointActivations(), onGpu());
  }

  /** Whether the experiment says that its networks run on a GPU. */
  public boolean onGpu() {
    return experiment.run().device() == RunConfig.Device.gpu;
  }

  /** Values of the backbone, running statistics included. */
  public long weights() {
    return size.weights();
  }

  /**
   * Predicted bytes in memory of one trainer.
   *
   * @param classes C, the identities of the whole training set
   */
  public Footprint predict(MethodConfig method, long classes) {
    return TrainerFootprint.of(
        method.footprint(sizes(classes)),
        size,
        experiment.model(),
        experiment.data(),
        experiment.optimizer(),
        experiment.run(),
        !experiment.evaluate().isEmpty(),
        devices,
        experiment.cluster() == null ? 1 : experiment.cluster().sync().every());
  }

  private StepSizes sizes(long classes) {
    return new StepSizes(
        size,
        experiment.model().embedding(),
        experiment.data().pairsPerBatch(),
        experiment.run().accumulate(),
        classes,
        devices,
        onGpu(),
        experiment.optimizer());
  }

  /** Bytes that a method keeps on disk, such as mapped class tables. */
  public long diskBytes(MethodConfig method, long classes) {
    return method.diskBytes(sizes(classes));
  }

  /**
   * Bytes of the index of a training set: page cache, not memory of the process.
   *
   * @param images M
   */
  public static long indexBytes(long classes, long images) {
    return 8 * (classes + 1) + 16 * images;
  }

  /**
   * The largest class count that fits.
   *
   * @return 0 if not even one class does, {@link #MOST_CLASSES} if the method does not grow
   */
  public long largest(MethodConfig method, Budget budget) {
    if (!budget.fits(predict(method, 1))) {
      return 0;
    }
    long fits = 1;
    long tooMany = MOST_CLASSES;
    if (budget.fits(predict(method, tooMany))) {
      return MOST_CLASSES;
    }
    while (tooMany - fits > 1) {
      long middle = fits + (tooMany - fits) / 2;
      if (budget.fits(predict(method, middle))) {
        fits = middle;
      } else {
        tooMany = middle;
      }
    }
    return fits;
  }
}
