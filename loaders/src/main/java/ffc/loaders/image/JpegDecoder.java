package ffc.loaders.image;

import ffc.loaders.data.ImageShape;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;

/**
 * Decodes JPEG by libturbojpeg if the machine has it, else by ImageIO with one reader and one
 * destination image for all. Both are given the same {@link JpegStream}, and both refuse a file
 * about whose data they warn.
 */
final class JpegDecoder {
  private final TurboJpeg turbo;
  private final JpegStream stream = new JpegStream();
  private final ImageReader reader = JdkCodecs.reader("jpeg");
  private final BufferImageInputStream input = new BufferImageInputStream();
  private final ImageReadParam param = reader.getDefaultReadParam();
  private BufferedImage gray;
  private BufferedImage colour;
  private String warning;

  JpegDecoder(boolean mayUseTurbo) {
    turbo = mayUseTurbo && TurboJpeg.available() ? new TurboJpeg() : null;
    reader.addIIOReadWarningListener(
        (source, message) -> {
          if (isFault(message)) {
            warning = message;
          }
        });
  }

  /**
   * Whether a warning of libjpeg means damage: it invents the pixels that a damaged file lacks, and
   * only warns. Extraneous bytes at the end of a scan are frequent and harmless.
   */
  static boolean isFault(String message) {
    return !message.contains("extraneous");
  }

  void decode(ByteBuffer encoded, ImageShape shape, Pixels out) throws IOException {
    JpegHeader header = JpegHeader.of(encoded);
    ImageDecoder.checkSize(header.height(), header.width(), shape);
    if (header.components() != 1 && header.components() != 3) {
      throw new IOException(
          "JPEG has " + header.components() + " colour components, wanted 1 or 3");
    }
    boolean isGray = header.components() == 1;
    stream.read(encoded);
    if (turbo != null) {
      turbo.decode(stream.bytes(), isGray, shape, out);
      return;
    }
    BufferedImage target =
        isGray
            ? (gray = fitting(gray, shape, BufferedImage.TYPE_BYTE_GRAY))
            : (colour = fitting(colour, shape, BufferedImage.TYPE_3BYTE_BGR));
    warning = null;
    try {
      reader.setInput(input.reset(stream.bytes()), true, true);
      param.setDestination(target);
      reader.read(0, param);
    } catch (RuntimeException | IOException e) {
      throw new IOException("corrupt JPEG: " + e.getMessage(), e);
    }
    if (warning != null) {
      throw new IOException("corrupt JPEG: " + warning);
    }
    byte[] pixels = ((DataBufferByte) target.getRaster().getDataBuffer()).getData();
    if (isGray) {
      out.gray(pixels, shape);
    } else {
      out.colours(pixels, 2, shape);
    }
  }

  /** Lets go of what the last images needed. */
  void trim() {
    gray = null;
    colour = null;
    if (turbo != null) {
      turbo.trim();
    }
  }

  private static BufferedImage fitting(BufferedImage image, ImageShape shape, int type) {
    if (image != null && image.getHeight() == shape.height() && image.getWidth() == shape.width()) {
      return image;
    }
    return new BufferedImage(shape.width(), shape.height(), type);
  }
}
