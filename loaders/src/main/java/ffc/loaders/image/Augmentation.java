package ffc.loaders.image;

import ffc.loaders.data.DataConfig;
import ffc.loaders.data.ImageShape;
import ffc.loaders.sample.Keyed;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Random flip and shift, a pure function of a key. Confined to one thread: keeps scratch memory.
 */
public final class Augmentation {
  private final boolean flip;
  private final int shift;
  private final ImageShape shape;
  private final byte[] source;
  private final byte[] target;

  public Augmentation(DataConfig.Augment augment, ImageShape shape) {
    this.flip = augment.flip();
    this.shift = augment.shift();
    this.shape = shape;
    this.source = new byte[shape.bytes()];
    this.target = new byte[shape.bytes()];
  }

  /** Augments u8 [channels, height, width] in place at the absolute offset. */
  public void apply(long key, ByteBuffer image, int offset) {
    boolean mirrored = flip && Keyed.below(Keyed.hash(key, 0), 2) == 1;
    int range = 2 * shift + 1;
    int down = (int) Keyed.below(Keyed.hash(key, 1), range) - shift;
    int right = (int) Keyed.below(Keyed.hash(key, 2), range) - shift;
    if (!mirrored && down == 0 && right == 0) {
      return;
    }
    int height = shape.height();
    int width = shape.width();
    image.get(offset, source);
    Arrays.fill(target, (byte) 0);
    int from = Math.max(0, -right);
    int length = width - Math.abs(right);
    for (int row = 0; row < shape.channels() * height; row++) {
      int y = row % height - down;
      if (y < 0 || y >= height || length <= 0) {
        continue;
      }
      int sourceRow = (row - down) * width;
      int at = row * width + Math.max(0, right);
      if (mirrored) {
        for (int i = 0; i < length; i++) {
          target[at + i] = source[sourceRow + width - 1 - from - i];
        }
      } else {
        System.arraycopy(source, sourceRow + from, target, at, length);
      }
    }
    image.put(offset, target);
  }
}
