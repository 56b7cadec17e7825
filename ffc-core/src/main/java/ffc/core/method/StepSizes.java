package ffc.core.method;

import ffc.core.net.NetworkSize;
import ffc.core.optim.OptimizerConfig;

/**
 * What memory and traffic of a method depend on.
 *
 * @param network size of the probe
 * @param embedding E
 * @param pairs images a side of one trainer's batch
 * @param slices equal parts a step is cut into
 * @param classes C, identities of the training set
 * @param trainers that share the classes of a trained classifier
 * @param gpu whether networks run on one
 * @param optimizer of the probe, shared by trained class centres
 */
public record StepSizes(
    NetworkSize network,
    int embedding,
    int pairs,
    int slices,
    long classes,
    int trainers,
    boolean gpu,
    OptimizerConfig optimizer) {

  /** Images a side of one forward pass. */
  public int pairsOfSlice() {
    return Math.max(1, pairs / slices);
  }
}
