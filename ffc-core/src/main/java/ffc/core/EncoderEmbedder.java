package ffc.core;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ffc.core.eval.ImageEmbedder;
import ffc.core.script.NativeOps;
import ffc.loaders.ImageShape;
import java.nio.ByteBuffer;

/** A network as evaluation sees it: batch norm by running statistics, features not normalised. */
public final class EncoderEmbedder implements ImageEmbedder {
  private final Encoder encoder;
  private final NDManager manager;

  /** Looks at the encoder's weights as they are at each call. */
  public EncoderEmbedder(Encoder encoder) {
    this.encoder = encoder;
    this.manager = encoder.parameters().weightList().head().getManager();
  }

  @Override
  public int dim() {
    return encoder.embedding();
  }

  @Override
  public ImageShape shape() {
    return encoder.shape();
  }

  @Override
  public void embed(ByteBuffer imagesU8, int count, float[] out, int outOffset) {
    ImageShape s = encoder.shape();
    try (NDManager batch = manager.newSubManager();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray bytes =
          batch.create(
              imagesU8.duplicate().clear().limit(count * s.bytes()).slice(),
              new Shape(count, s.channels(), s.height(), s.width()),
              DataType.UINT8);
      NDArray images = NativeOps.channelsLast(DevicePair.normalised(bytes));
      float[] features = encoder.features(images, false).toFloatArray();
      System.arraycopy(features, 0, out, outOffset, features.length);
    }
  }
}
