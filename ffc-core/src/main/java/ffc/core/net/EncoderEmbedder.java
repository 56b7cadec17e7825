package ffc.core.net;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ffc.engine.HostReads;
import ffc.engine.Tf32;
import ffc.eval.embedding.ImageEmbedder;
import ffc.loaders.data.ImageShape;
import java.nio.ByteBuffer;

/**
 * A network as evaluation sees it: batch norm by running statistics, all of it in f32 whatever the
 * network trains in, features not normalised.
 */
public final class EncoderEmbedder implements ImageEmbedder {
  private final Encoder encoder;
  private final ImageShape shape;
  private final NDManager manager;

  /** Looks at the encoder's weights as they are at each call. */
  public EncoderEmbedder(Encoder encoder) {
    this(encoder, encoder.shape());
  }

  /**
   * As {@link #EncoderEmbedder(Encoder)}, for images of other sizes too.
   *
   * @param shape that of the encoder, with what happens to images of another one
   */
  public EncoderEmbedder(Encoder encoder, ImageShape shape) {
    this.encoder = encoder;
    this.shape = shape;
    this.manager = encoder.parameters().weightList().head().getManager();
  }

  @Override
  public int dim() {
    return encoder.embedding();
  }

  @Override
  public ImageShape shape() {
    return shape;
  }

  @Override
  public void embed(ByteBuffer imagesU8, int count, float[] out, int outOffset) {
    try (NDManager batch = manager.newSubManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray images = Images.normalised(Images.upload(imagesU8, count, encoder.shape(), batch));
      float[] features =
          Tf32.without(
              () ->
                  HostReads.floats(
                      encoder
                          .parameters()
                          .inFloat32(() -> encoder.features(images, Encoder.Mode.eval))));
      System.arraycopy(features, 0, out, outOffset, features.length);
    }
  }
}
