package ffc.core.method;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ffc.core.loss.MarginHead;
import ffc.core.net.Backbone;
import ffc.core.net.Encoder;
import java.util.function.Supplier;

/**
 * One forward and backward pass of the probe. Only the network is recorded: the loss gives the
 * gradient by the unit embeddings itself.
 */
public final class ProbePass {
  // B images, E embedding

  private ProbePass() {}

  /** A loss on unit embeddings. */
  @FunctionalInterface
  public interface Head {
    /**
     * Scores images.
     *
     * @param images f32 [B, channels, height, width]
     * @param unitBE unit embeddings, f32 [B, E], outside of gradient recording
     * @param normB1 norms of the embeddings before normalisation, f32 [B, 1], without gradient
     * @return d loss / d unit embedding, f32 [B, E]
     */
    NDArray gradient(NDArray images, NDArray unitBE, NDArray normB1);
  }

  /** Adds the gradient of a loss to those of the probe's moving weights; all else is closed. */
  public static void run(Encoder probe, Supplier<NDArray> inputs, StepProfile profile, Head head) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray images = inputs.get();
      Backbone.Recording forward = probe.record(images);
      profile.lap("forward");
      NDArray detached = forward.features().stopGradient();
      NDArray normB1 = MarginHead.norm(detached);
      NDArray unitBE = detached.div(normB1);
      NDArray gradientBE = head.gradient(images, unitBE, normB1);
      profile.lap("head");
      if (!probe.parameters().movingWeights().isEmpty()) {
        forward.backward(MarginHead.throughNormalisation(gradientBE, unitBE, normB1));
      }
      profile.lap("backward");
    }
  }
}
