package ffc.eval.embedding;

import ffc.loaders.data.ImageShape;
import java.nio.ByteBuffer;

/**
 * The flip test: f(image) + f(mirrored image), summed before any normalising. One thread at a time.
 */
public final class MirrorSum implements ImageEmbedder {
  private final ImageEmbedder inner;
  private ByteBuffer mirrored = ByteBuffer.allocateDirect(0);
  private byte[] row = new byte[0];
  private float[] second = new float[0];

  public MirrorSum(ImageEmbedder inner) {
    this.inner = inner;
  }

  @Override
  public int dim() {
    return inner.dim();
  }

  @Override
  public ImageShape shape() {
    return inner.shape();
  }

  @Override
  public void embed(ByteBuffer imagesU8, int count, float[] out, int outOffset) {
    inner.embed(imagesU8, count, out, outOffset);
    mirror(imagesU8, count);
    int values = count * dim();
    if (second.length < values) {
      second = new float[values];
    }
    inner.embed(mirrored, count, second, 0);
    for (int i = 0; i < values; i++) {
      out[outOffset + i] += second[i];
    }
  }

  private void mirror(ByteBuffer images, int count) {
    int width = shape().width();
    int bytes = Math.multiplyExact(count, shape().bytes());
    if (mirrored.capacity() < bytes) {
      mirrored = ByteBuffer.allocateDirect(bytes);
    }
    if (row.length != width) {
      row = new byte[width];
    }
    for (int from = 0; from < bytes; from += width) {
      images.get(from, row);
      for (int left = 0, right = width - 1; left < right; left++, right--) {
        byte swap = row[left];
        row[left] = row[right];
        row[right] = swap;
      }
      mirrored.put(from, row);
    }
  }
}
