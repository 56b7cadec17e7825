package ffc.core;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;

/**
 * How large a backbone is, for predictions.
 *
 * @param weights values of the network, running statistics included
 * @param activationsPerImage values that one image keeps for the backward pass (estimate)
 */
public record NetworkSize(long weights, long activationsPerImage) {

  /** Builds the network for a moment, on the CPU, and counts. */
  public static NetworkSize of(ModelConfig model, RunConfig.Precision precision) {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu());
        Encoder encoder = Encoder.create(model, manager, 0, precision)) {
      return new NetworkSize(encoder.parameters().size(), encoder.activationsPerImage());
    }
  }
}
