package ffc.loaders.tools;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.ImageShape;
import ffc.loaders.decode.Images;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Supplier;

/** Decodes images only to see whether they can be. */
final class DecodeCheck {
  /** A header that asks for more is taken for damage. */
  private static final long MOST_PIXELS = 1L << 26;

  /** As is a header that asks for more pixels than its bytes can hold: PNG of 1 bit has 8,256. */
  private static final long MOST_PIXELS_A_BYTE = 10_000;

  private static final ThreadLocal<ByteBuffer> TARGET =
      ThreadLocal.withInitial(() -> ByteBuffer.allocate(0));

  private DecodeCheck() {}

  /**
   * Decodes an image of any size.
   *
   * @param shape wanted size, or null
   * @throws BadDataException if it cannot be decoded, with its place
   */
  static void check(ByteBuffer encoded, ImageShape shape, Supplier<String> place) {
    try {
      int[] size = Images.size(encoded);
      long most = Math.min(MOST_PIXELS, MOST_PIXELS_A_BYTE * encoded.remaining());
      if (size[0] < 1 || size[1] < 1 || (long) size[0] * size[1] > most) {
        throw new IOException(
            "image says it is %dx%d (height x width)".formatted(size[0], size[1]));
      }
      ImageShape own = shape == null ? new ImageShape(3, size[0], size[1]) : shape;
      ByteBuffer target = TARGET.get();
      if (target.capacity() < own.bytes()) {
        target = ByteBuffer.allocate(own.bytes());
        TARGET.set(target);
      }
      Images.decode(encoded, own, target, 0);
    } catch (IOException e) {
      throw new BadDataException(place.get() + ": " + e.getMessage(), e);
    }
  }
}
