package ffc.core;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;

/**
 * How large a backbone is, for predictions.
 *
 * @param weights values of the network, running statistics included
 * @param activationsPerImage values that one image keeps for the backward pass
 * @param bytesPerActivation what training takes at its peak for each of them
 */
public record NetworkSize(long weights, long activationsPerImage, double bytesPerActivation) {

  /**
   * Peak over kept values on the CPU: gradients on their way, working space of the operators and
   * holes in the heap. Measured at 2.1 to 3.1, see {@code docs/benchmarks/memory.md}.
   */
  private static final double CPU_PEAK = 2.6;

  /** On an accelerator, whose allocator leaves no such holes: an estimate, never measured. */
  private static final double GPU_BYTES = 4;

  /** Builds the network for a moment, on the CPU, and counts. */
  public static NetworkSize of(ModelConfig model, RunConfig run) {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu());
        Encoder encoder = Encoder.create(model, manager, 0, run.precision())) {
      return of(encoder, run.device() == RunConfig.Device.gpu);
    }
  }

  /** The size of a network that is there. */
  static NetworkSize of(Encoder encoder, boolean gpu) {
    int bytes = encoder.precision() == RunConfig.Precision.bf16 ? 2 : 4;
    return new NetworkSize(
        encoder.parameters().size(),
        encoder.activationsPerImage(),
        gpu ? GPU_BYTES : CPU_PEAK * bytes);
  }

  /** Predicted bytes of forward and backward pass at their peak, without weights. */
  public long activationBytes(long images) {
    return Math.round(bytesPerActivation * activationsPerImage * images);
  }
}
