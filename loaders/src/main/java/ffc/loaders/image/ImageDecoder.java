package ffc.loaders.image;

import ffc.loaders.data.ImageShape;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Decodes PNG, JPEG and BMP of one size into planar bytes, keeping its readers and scratch memory
 * between images. Pixels are the samples as they are stored: no gamma, no colour profile, no
 * orientation is applied, and alpha is dropped. Confined to one thread.
 */
public final class ImageDecoder {
  private static final ThreadLocal<ImageDecoder> OF_THREAD =
      ThreadLocal.withInitial(ImageDecoder::new);

  private final PngDecoder png = new PngDecoder();
  private final JpegDecoder jpeg = new JpegDecoder(true);
  private final BmpDecoder bmp = new BmpDecoder();
  private byte[] planes = new byte[0];

  private ImageDecoder() {}

  /** The calling thread's decoder. */
  public static ImageDecoder ofThread() {
    return OF_THREAD.get();
  }

  /**
   * Decodes one image.
   *
   * @param encoded a whole file from position to limit; not moved
   * @param out receives u8 [channels, height, width] at the absolute {@code offset}
   * @throws IOException if the bytes are no such image, corrupt, or of another height or width
   */
  public void decode(ByteBuffer encoded, ImageShape shape, ByteBuffer out, int offset)
      throws IOException {
    faultsTold(
        () -> {
          if (planes.length < shape.bytes()) {
            planes = new byte[shape.bytes()];
          }
          stored(encoded, shape, new Planes(planes));
          out.put(offset, planes, 0, shape.bytes());
          return null;
        });
  }

  /**
   * Decodes one image at its own size.
   *
   * @param encoded a whole file from position to limit; not moved
   * @param size height and width in its header ({@link #size})
   * @throws IOException if the bytes are no such image or corrupt
   */
  public Picture picture(ByteBuffer encoded, int[] size) throws IOException {
    return faultsTold(
        () -> {
          Picture picture = new Picture(size[0], size[1]);
          stored(encoded, new ImageShape(3, size[0], size[1]), picture.filled());
          return picture;
        });
  }

  private void stored(ByteBuffer encoded, ImageShape shape, Pixels out) throws IOException {
    switch (ImageFormat.of(encoded)) {
      case PNG -> png.decode(encoded, shape, out);
      case JPEG -> jpeg.decode(encoded, shape, out);
      case BMP -> bmp.decode(encoded, shape, out);
      default -> throw noSuch(encoded);
    }
  }

  @FunctionalInterface
  private interface Decoding<T> {
    T run() throws IOException;
  }

  private static <T> T faultsTold(Decoding<T> decoding) throws IOException {
    try {
      return decoding.run();
    } catch (EOFException e) {
      throw e.getMessage() == null ? new IOException("corrupt image: ends early", e) : e;
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      // ImageIO's readers answer some corrupt headers with these.
      throw new IOException("corrupt image: " + e.getMessage(), e);
    }
  }

  /** Lets go of the scratch memory, which is as large as the largest image so far wanted. */
  public void trim() {
    planes = new byte[0];
    png.trim();
    jpeg.trim();
  }

  /** What decodes JPEG on this machine, for manifests: {@code libturbojpeg} or {@code ImageIO}. */
  public static String jpegDecoder() {
    return TurboJpeg.available() ? "libturbojpeg" : "ImageIO";
  }

  /** Height and width in the header of an image, without decoding it. */
  public static int[] size(ByteBuffer encoded) throws IOException {
    return switch (ImageFormat.of(encoded)) {
      case PNG -> PngDecoder.size(encoded);
      case JPEG -> JpegHeader.of(encoded).size();
      case BMP -> BmpDecoder.size(encoded);
      default -> throw noSuch(encoded);
    };
  }

  private static IOException noSuch(ByteBuffer encoded) throws IOException {
    return new IOException(ImageFormat.of(encoded) + " image, wanted PNG, JPEG or BMP");
  }

  /**
   * Refuses an image of another size.
   *
   * @throws IOException with both
   */
  public static void checkSize(int height, int width, ImageShape shape) throws IOException {
    if (height != shape.height() || width != shape.width()) {
      throw new IOException(
          "image is %dx%d (height x width), wanted %dx%d"
              .formatted(height, width, shape.height(), shape.width()));
    }
  }

  /** ITU-R 601 luma as Pillow rounds it. */
  public static byte luma(int red, int green, int blue) {
    return (byte) ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16);
  }
}
