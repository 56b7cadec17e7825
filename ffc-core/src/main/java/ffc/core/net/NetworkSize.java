package ffc.core.net;

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

  /** On a GPU, whose allocator leaves no such holes: an estimate, never measured. */
  private static final double GPU_PEAK = 1.5;

  /**
   * Counts what the network would hold, without an array.
   *
   * @param gpu whether it will lie on an accelerator
   */
  public static NetworkSize of(ModelConfig model, Precision precision, boolean gpu) {
    Backbone backbone = Encoder.backbone(model, Parameters.counting());
    return of(backbone.parameters().size(), backbone.activationsPerImage(), precision, gpu);
  }

  /** The size of a network that is there. */
  static NetworkSize of(Encoder encoder, boolean gpu) {
    return of(encoder.parameters().size(), encoder.activationsPerImage(), encoder.precision(), gpu);
  }

  private static NetworkSize of(long weights, long activations, Precision precision, boolean gpu) {
    int bytes = precision == Precision.bf16 ? 2 : 4;
    return new NetworkSize(weights, activations, (gpu ? GPU_PEAK : CPU_PEAK) * bytes);
  }

  /** Predicted bytes of forward and backward pass at their peak, without weights. */
  public long activationBytes(long images) {
    return Math.round(bytesPerActivation * activationsPerImage * images);
  }
}
