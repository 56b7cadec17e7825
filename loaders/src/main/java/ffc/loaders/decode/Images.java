package ffc.loaders.decode;

import ffc.loaders.data.ImageShape;
import ffc.loaders.data.Resize;
import ffc.loaders.image.Fit;
import ffc.loaders.image.ImageDecoder;
import ffc.loaders.image.ImageFormat;
import ffc.loaders.image.Picture;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Encoded images of a data set, decoded into planar bytes. A shape that resizes takes them as
 * photographs, as {@link ffc.loaders.photos.PhotoImport} does before it stores them: upright by
 * EXIF, in sRGB by their profile, scaled. One that does not takes the samples as they are stored,
 * and refuses other sizes. Thread-safe.
 */
public final class Images {
  /**
   * Pixels; larger images are not scaled while training: each takes some 20 bytes of heap a pixel.
   */
  public static final long MOST_RESIZED = 1L << 25;

  /** Scratch memory of larger images is let go. */
  private static final long KEPT = 1L << 22;

  private Images() {}

  /**
   * Decodes one image.
   *
   * @param encoded a whole file from position to limit; not moved
   * @param out receives u8 [channels, height, width] at the absolute {@code offset}
   * @throws IOException if the bytes are no image that is read, corrupt, or of another height or
   *     width that the shape does not resize
   */
  public static void decode(ByteBuffer encoded, ImageShape shape, ByteBuffer out, int offset)
      throws IOException {
    ImageFormat format = ImageFormat.of(encoded);
    boolean own = isOwn(format);
    if (shape.resize() == Resize.off) {
      if (own) {
        own(encoded, format, shape, out, offset);
      } else {
        stored(encoded, format, shape, out, offset);
      }
      return;
    }
    int[] size = size(encoded);
    if (own
        && size[0] == shape.height()
        && size[1] == shape.width()
        && Metadata.of(encoded, format).saysNothing()) {
      ImageDecoder.ofThread().decode(encoded, shape, out, offset);
    } else {
      seen(encoded, format, size, shape).put(shape.channels(), out, offset);
    }
  }

  private static boolean isOwn(ImageFormat format) {
    return switch (format) {
      case JPEG, PNG, BMP -> true;
      default -> false;
    };
  }

  private static void own(
      ByteBuffer encoded, ImageFormat format, ImageShape shape, ByteBuffer out, int offset)
      throws IOException {
    try {
      ImageDecoder.ofThread().decode(encoded, shape, out, offset);
    } catch (IOException e) {
      // Not asked of every image: few are in CMYK.
      if (Metadata.of(encoded, format).components() != 4) {
        throw e;
      }
      stored(encoded, format, shape, out, offset);
    }
  }

  /** An image that plugins decode, not turned. */
  private static void stored(
      ByteBuffer encoded, ImageFormat format, ImageShape shape, ByteBuffer out, int offset)
      throws IOException {
    int[] size = size(encoded);
    ImageDecoder.checkSize(size[0], size[1], shape);
    PhotoDecoder.unturned(encoded, format).put(shape.channels(), out, offset);
  }

  private static Picture seen(ByteBuffer encoded, ImageFormat format, int[] size, ImageShape shape)
      throws IOException {
    if (Math.min(size[0], size[1]) < 1) {
      throw new IOException("corrupt image: its header says %dx%d".formatted(size[0], size[1]));
    }
    long pixels = (long) size[0] * size[1];
    if (pixels > MOST_RESIZED) {
      throw new IOException(
          "image is %dx%d (height x width); data.resize takes up to %d megapixels, ./ffc data import more"
              .formatted(size[0], size[1], MOST_RESIZED / 1_000_000));
    }
    PhotoDecoder.Photo photo = PhotoDecoder.decode(encoded, format, all -> {});
    if (pixels > KEPT) {
      ImageDecoder.ofThread().trim();
    }
    return photo.fitted(Fit.of(shape.resize()), shape.height(), shape.width());
  }

  /** Height and width in the header of an image, as it is stored, without decoding it. */
  public static int[] size(ByteBuffer encoded) throws IOException {
    ImageFormat format = ImageFormat.of(encoded);
    if (!isOwn(format)) {
      return PhotoDecoder.size(encoded, format);
    }
    try {
      return ImageDecoder.size(encoded);
    } catch (EOFException e) {
      throw e.getMessage() == null ? new IOException("corrupt image: ends early", e) : e;
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      throw new IOException("corrupt image: " + e.getMessage(), e);
    }
  }

  /** Whether an image says by EXIF that it is seen turned or mirrored. */
  public static boolean isTurned(ByteBuffer encoded) throws IOException {
    return Metadata.of(encoded, ImageFormat.of(encoded)).orientation() != 1;
  }
}
