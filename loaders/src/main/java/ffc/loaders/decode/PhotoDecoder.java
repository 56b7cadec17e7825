package ffc.loaders.decode;

import ffc.loaders.image.Fit;
import ffc.loaders.image.ImageDecoder;
import ffc.loaders.image.ImageFormat;
import ffc.loaders.image.JdkCodecs;
import ffc.loaders.image.Picture;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorConvertOp;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Iterator;
import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Decodes a photograph as it was seen: upright, three channels, alpha dropped, the first picture of
 * several. JPEG of one or three components, PNG and BMP go through the decoder of training; JPEG in
 * CMYK, WebP and TIFF through plugins of ImageIO; GIF through the JDK. Thread-safe.
 */
public final class PhotoDecoder {
  /** A header that asks for more is taken for damage. */
  static final long MOST_PIXELS = 1L << 27;

  /** Scratch memory of larger pictures is let go. */
  private static final long KEPT_PIXELS = 1L << 24;

  /** Hears how many pixels will be held, before they are. */
  @FunctionalInterface
  public interface Before {
    void decode(long pixels) throws IOException;
  }

  /**
   * A decoded photograph.
   *
   * @param profile ICC profile that its samples are still in, or null for sRGB
   */
  public record Photo(Picture picture, byte[] profile) {
    /** At another size, in sRGB: the small picture costs a fraction of the time. */
    public Picture fitted(Fit fit, int height, int width) {
      return with(fit.apply(picture, height, width)).srgb();
    }

    /** Another picture with the samples of this one. */
    public Photo with(Picture made) {
      return new Photo(made, profile);
    }

    /** In sRGB. */
    public Picture srgb() {
      return profile == null ? picture : Profiles.toSrgb(picture, profile);
    }
  }

  private PhotoDecoder() {}

  /**
   * Decodes a file.
   *
   * @param encoded from position to limit; not moved
   * @throws IOException if it is damaged or of a kind that is not read
   */
  public static Photo decode(ByteBuffer encoded, ImageFormat format, Before before)
      throws IOException {
    return faultsTold(
        format,
        () -> {
          Metadata metadata = Metadata.of(encoded, format);
          boolean trained =
              switch (format) {
                case JPEG -> metadata.components() != 4;
                case PNG, BMP -> true;
                default -> false;
              };
          Picture stored =
              trained ? trained(encoded, before) : read(reader(encoded, format), encoded, before);
          return new Photo(
              stored.upright(metadata.orientation()), trained ? metadata.profileOfRgb() : null);
        });
  }

  /** The picture of a format that plugins read, as it lies in the file. */
  static Picture unturned(ByteBuffer encoded, ImageFormat format) throws IOException {
    return faultsTold(format, () -> read(reader(encoded, format), encoded, pixels -> {}));
  }

  /** Height and width in the header of a file of such a format. */
  static int[] size(ByteBuffer encoded, ImageFormat format) throws IOException {
    return faultsTold(
        format,
        () -> {
          ImageReader reader = reader(encoded, format);
          try (var input = new Whole(encoded)) {
            reader.setInput(input, true, true);
            return new int[] {reader.getHeight(0), reader.getWidth(0)};
          } finally {
            reader.dispose();
          }
        });
  }

  private static ImageReader reader(ByteBuffer encoded, ImageFormat format) throws IOException {
    return switch (format) {
      case GIF -> JdkCodecs.reader("gif");
      case WEBP -> {
        int length = Integer.reverseBytes(encoded.slice().getInt(4));
        if (encoded.remaining() - 8 < (length & ~1)) {
          throw new EOFException();
        }
        yield plugin("WEBP");
      }
      case JPEG, TIFF -> plugin(format.name());
      default -> throw new IOException("a file of " + format + " is not read");
    };
  }

  @FunctionalInterface
  private interface Decoding<T> {
    T run() throws IOException;
  }

  private static <T> T faultsTold(ImageFormat format, Decoding<T> decoding) throws IOException {
    try {
      return decoding.run();
    } catch (EOFException e) {
      throw new IOException("corrupt " + format + ": ends early", e);
    } catch (RuntimeException e) {
      // Readers answer damaged files with whatever they stumble over.
      String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw new IOException("corrupt " + format + ": " + message, e);
    }
  }

  private static Picture trained(ByteBuffer encoded, Before before) throws IOException {
    int[] size = ImageDecoder.size(encoded);
    long pixels = checked(size[0], size[1], before);
    ImageDecoder decoder = ImageDecoder.ofThread();
    try {
      return decoder.picture(encoded, size);
    } finally {
      if (pixels > KEPT_PIXELS) {
        decoder.trim();
      }
    }
  }

  private static Picture read(ImageReader reader, ByteBuffer file, Before before)
      throws IOException {
    String[] warning = new String[1];
    reader.addIIOReadWarningListener((source, message) -> warning[0] = message);
    try (var input = new Whole(file)) {
      reader.setInput(input, true, true);
      checked(reader.getHeight(0), reader.getWidth(0), before);
      Picture picture = unpack(reader.read(0));
      if (warning[0] != null && warning[0].contains("premature")) {
        throw new IOException("ends early: " + warning[0]);
      }
      return picture;
    } finally {
      reader.dispose();
    }
  }

  /**
   * The bytes of a file. Readers of WebP fill up with zeros, slowly, what a damaged file lacks: who
   * goes on reading behind the end is stopped.
   */
  private static final class Whole extends MemoryCacheImageInputStream {
    private static final int PATIENCE = 256;
    private int behind;

    Whole(ByteBuffer file) {
      super(new ByteArrayInputStream(bytes(file)));
    }

    private static byte[] bytes(ByteBuffer file) {
      byte[] copy = new byte[file.remaining()];
      file.get(file.position(), copy);
      return copy;
    }

    @Override
    public int read() throws IOException {
      return seen(super.read());
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      return seen(super.read(into, offset, length));
    }

    private int seen(int read) {
      if (read < 0 && ++behind > PATIENCE) {
        throw new IllegalStateException("ends early");
      }
      return read;
    }
  }

  private static long checked(int height, int width, Before before) throws IOException {
    long pixels = (long) height * width;
    if (height < 1 || width < 1 || pixels > MOST_PIXELS) {
      throw new IOException(
          "picture says it is %dx%d (height x width), at most %d megapixels are read"
              .formatted(height, width, MOST_PIXELS >> 20));
    }
    before.decode(pixels);
    return pixels;
  }

  private static ImageReader plugin(String format) throws IOException {
    Iterator<ImageReaderSpi> all =
        IIORegistry.getDefaultInstance().getServiceProviders(ImageReaderSpi.class, true);
    while (all.hasNext()) {
      ImageReaderSpi provider = all.next();
      if (provider.getClass().getName().startsWith("com.twelvemonkeys.imageio.plugins.")
          && Arrays.asList(provider.getFormatNames()).contains(format)) {
        return provider.createReaderInstance();
      }
    }
    throw new IOException("this program lacks its reader of " + format);
  }

  private static Picture unpack(BufferedImage image) throws IOException {
    ColorModel colours = image.getColorModel();
    int kind = image.getRaster().getTransferType();
    if (kind == DataBuffer.TYPE_FLOAT || kind == DataBuffer.TYPE_DOUBLE) {
      throw new IOException("samples are floating point, wanted whole numbers");
    }
    boolean indexed = colours instanceof IndexColorModel;
    if (!indexed && colours.getColorSpace().getType() == ColorSpace.TYPE_GRAY) {
      return gray(image.getRaster(), colours.getComponentSize(0));
    }
    if (!indexed && !colours.getColorSpace().isCS_sRGB()) {
      BufferedImage rgb =
          new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_RGB);
      new ColorConvertOp(null).filter(image, rgb);
      return rgb(rgb);
    }
    return rgb(image);
  }

  /**
   * Samples as they are stored: the gray of Java is linear, and its colours would be brightened.
   */
  private static Picture gray(Raster raster, int bits) throws IOException {
    if (bits < 1 || bits > 16) {
      throw new IOException("gray samples have " + bits + " bits, wanted at most 16");
    }
    Picture out = new Picture(raster.getHeight(), raster.getWidth());
    int[] row = new int[out.width()];
    for (int y = 0; y < out.height(); y++) {
      raster.getSamples(raster.getMinX(), raster.getMinY() + y, out.width(), 1, 0, row);
      for (int x = 0; x < out.width(); x++) {
        int value = bits >= 8 ? row[x] >> (bits - 8) : row[x] * 255 / ((1 << bits) - 1);
        int at = 3 * (y * out.width() + x);
        Arrays.fill(out.pixels(), at, at + 3, (byte) value);
      }
    }
    return out;
  }

  private static Picture rgb(BufferedImage image) {
    Picture out = new Picture(image.getHeight(), image.getWidth());
    int[] row = new int[out.width()];
    for (int y = 0; y < out.height(); y++) {
      image.getRGB(0, y, out.width(), 1, row, 0, out.width());
      for (int x = 0; x < out.width(); x++) {
        int at = 3 * (y * out.width() + x);
        out.pixels()[at] = (byte) (row[x] >> 16);
        out.pixels()[at + 1] = (byte) (row[x] >> 8);
        out.pixels()[at + 2] = (byte) row[x];
      }
    }
    return out;
  }
}
