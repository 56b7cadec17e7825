package ffc.core.train;

import ai.djl.ndarray.NDList;
import ffc.core.method.Method;
import ffc.core.net.Encoder;
import ffc.core.net.RunningStatistics;
import ffc.core.optim.Optimizer;
import ffc.exchange.EpochEndedException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Probe, gallery and optimiser of one trainer, as far as the other trainers are concerned. */
final class Networks {
  private final Encoder probe;
  private final Method method;
  private final Encoder gallery; // may be null
  private final Optimizer optimizer;
  private final GradientSynchroniser synchroniser;

  Networks(Encoder probe, Method method, Optimizer optimizer, GradientSynchroniser synchroniser) {
    this.probe = probe;
    this.method = method;
    this.gallery = method.gallery();
    this.optimizer = optimizer;
    this.synchroniser = synchroniser;
  }

  /** The running statistics of batch norm. */
  NDList runningStatistics() {
    NDList arrays = new NDList(probe.parameters().bufferList());
    if (gallery != null) {
      arrays.addAll(gallery.parameters().bufferList());
    }
    return arrays;
  }

  private NDList all() {
    NDList arrays = runningStatistics();
    arrays.addAll(probe.parameters().weightList());
    arrays.addAll(optimizer.stateList());
    if (gallery != null) {
      arrays.addAll(gallery.parameters().weightList());
    }
    return arrays;
  }

  /** Checksums of all arrays by network and name, and those that the method adds. */
  Map<String, Long> hashes() {
    Map<String, Long> hashes = new LinkedHashMap<>();
    probe.parameters().hashes().forEach((name, hash) -> hashes.put("probe." + name, hash));
    if (gallery != null) {
      gallery.parameters().hashes().forEach((name, hash) -> hashes.put("gallery." + name, hash));
    }
    method.hashes().forEach((name, hash) -> hashes.put("method." + name, hash));
    return hashes;
  }

  /**
   * The optimiser's step and, if it is time, the networks' mean over the trainers. The gallery is
   * averaged before it follows the probe, which comes to the same.
   *
   * @param factor of the gradients; 0 = the step is dropped, the probe does not move
   * @param average whether to average; the step's last exchange
   * @throws EpochEndedException if the trainers change meanwhile: nothing has moved then
   */
  void optimizerStep(double rate, double factor, boolean average) {
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
}
