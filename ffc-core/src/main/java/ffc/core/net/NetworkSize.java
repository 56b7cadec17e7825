package ffc.core.net;

/**
 * How large a backbone is, for predictions.
 *
 * @param weights values of the network, running statistics included
 * @param bytesPerImage what training takes at its peak for each image, beside weights
 */
public record NetworkSize(long weights, double bytesPerImage) {

  /**
   * Peak over kept values on the CPU: gradients on their way, working space of the operators and
   * holes in the heap. Measured at 2.1 to 3.1, see {@code docs/benchmarks/memory.md}.
   */
  private static final double CPU_PEAK = 2.6;

  /** Of tokens: many arrays, none of which is large beside all. Measured at 1.5 to 1.6. */
  private static final double CPU_TOKENS_PEAK = 1.5;

  /** On a GPU, whose allocator leaves no such holes: an estimate, never measured. */
  private static final double GPU_PEAK = 1.5;

  /**
   * Counts what the network would hold, without an array.
   *
   * @param recompute whether the inputs of blocks alone are kept for the backward pass
   * @param gpu whether it will lie on an accelerator
   */
  public static NetworkSize of(
      ModelConfig model, Precision precision, boolean recompute, boolean gpu) {
    return of(Encoder.backbone(model, Parameters.counting()), precision, recompute, gpu);
  }

  /** The size of a network, which may be there. */
  static NetworkSize of(Backbone backbone, Precision precision, boolean recompute, boolean gpu) {
    Backbone.Kept kept = backbone.kept();
    int bytes = precision == Precision.bf16 ? 2 : 4;
    double peak = bytes * (gpu ? GPU_PEAK : kept.tokens() ? CPU_TOKENS_PEAK : CPU_PEAK);
    // Tokens between blocks are f32 in bf16, too: docs/benchmarks/memory.md.
    // In the launcher's heap, kept inputs leave holes that cost what is spared: docs/backbones.md.
    double perImage =
        recompute && gpu
            ? (kept.tokens() ? 4 : bytes) * kept.blockInputs() + peak * kept.largestBlock()
            : peak * kept.all()
                + (kept.tokens() ? 4 * peak / bytes - peak : 0) * kept.blockInputs();
    return new NetworkSize(backbone.parameters().size(), perImage);
  }

  /** Predicted bytes of forward and backward pass at their peak, without weights. */
  public long activationBytes(long images) {
    return Math.round(bytesPerImage * images);
  }
}
