package ffc.runs.plan;

import ffc.core.ffc.Ffc;
import ffc.core.ffc.FfcConfig;
import ffc.core.method.Footprint;
import ffc.core.method.MethodConfig;
import ffc.core.method.RunConfig;
import ffc.core.net.NetworkSize;
import ffc.core.train.TrainerFootprint;
import ffc.pfc.dcq.DynamicClassQueue;
import ffc.pfc.dcq.DynamicClassQueueConfig;
import ffc.pfc.partialfc.PartialFc;
import ffc.pfc.partialfc.PartialFcConfig;
import ffc.pfc.triplet.Triplet;
import ffc.pfc.triplet.TripletConfig;
import ffc.pfc.virtualfc.VirtualFc;
import ffc.pfc.virtualfc.VirtualFcConfig;
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
    size =
        NetworkSize.of(
            experiment.model(),
            experiment.run().precision(),
            experiment.run().device() == RunConfig.Device.gpu);
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
    int pairs = Math.max(1, experiment.data().pairsPerBatch() / experiment.run().accumulate());
    Footprint head = head(method, classes, pairs);
    if (!(method instanceof FfcConfig)) {
      // Baselines run both sides of the batch in one pass.
      head = head.with("activations_second_side", size.activationBytes(pairs));
    }
    return TrainerFootprint.of(
        head,
        size,
        experiment.model(),
        experiment.data(),
        experiment.optimizer(),
        experiment.run(),
        !experiment.evaluate().isEmpty());
  }

  private Footprint head(MethodConfig method, long classes, int pairs) {
    int embedding = experiment.model().embedding();
    if (method instanceof FfcConfig ffc) {
      return Ffc.footprint(
          ffc, embedding, size.weights(), pairs, experiment.run().device() == RunConfig.Device.gpu);
    }
    if (method instanceof PartialFcConfig partial) {
      return PartialFc.footprint(
          partial, experiment.optimizer(), classes, embedding, 2 * pairs, devices);
    }
    if (method instanceof VirtualFcConfig virtual) {
      return VirtualFc.footprint(virtual, embedding, 2 * pairs);
    }
    if (method instanceof DynamicClassQueueConfig queue) {
      return DynamicClassQueue.footprint(queue, embedding, size.weights(), 2 * pairs);
    }
    if (method instanceof TripletConfig) {
      return Triplet.footprint(2 * pairs);
    }
    throw new IllegalArgumentException("no memory model of method " + method.type());
  }

  /** Bytes that mapped class tables take on disk; 0 for every other method. */
  public long diskBytes(MethodConfig method, long classes) {
    return method instanceof PartialFcConfig partial
            && partial.storage() == PartialFcConfig.Storage.mapped
        ? PartialFc.tableBytes(
            experiment.optimizer(), classes, experiment.model().embedding(), devices)
        : 0;
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
  public long largest(MethodConfig method, long memoryBytes) {
    if (predict(method, 1).total() > memoryBytes) {
      return 0;
    }
    long fits = 1;
    long tooMany = MOST_CLASSES;
    if (predict(method, tooMany).total() <= memoryBytes) {
      return MOST_CLASSES;
    }
    while (tooMany - fits > 1) {
      long middle = fits + (tooMany - fits) / 2;
      if (predict(method, middle).total() <= memoryBytes) {
        fits = middle;
      } else {
        tooMany = middle;
      }
    }
    return fits;
  }
}
