package ffc.eval.embedding;

import ffc.loaders.data.ImageShape;
import java.nio.ByteBuffer;

/** Turns decoded images into embeddings: a network, or anything else that is to be judged. */
public interface ImageEmbedder {
  /** Length of an embedding. */
  int dim();

  /** Shape of the images that {@link #embed} takes. */
  ImageShape shape();

  /**
   * Embeds a batch.
   *
   * @param imagesU8 direct buffer, u8 [count, channels, height, width] from index 0; position and
   *     limit are not looked at and stay; read only during the call
   * @param count images in the batch, at least 1
   * @param out receives f32 [count, dim], rows not necessarily of unit length
   * @param outOffset element of {@code out} that the first row starts at
   */
  void embed(ByteBuffer imagesU8, int count, float[] out, int outOffset);
}
