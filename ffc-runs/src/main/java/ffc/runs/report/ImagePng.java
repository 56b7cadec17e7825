package ffc.runs.report;

import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import javax.imageio.ImageIO;

/** Images of a set as PNG files. */
public final class ImagePng {
  private ImagePng() {}

  /**
   * Encodes one image as the network sees it.
   *
   * @throws ffc.loaders.data.BadDataException if it cannot be decoded
   */
  public static byte[] of(Dataset data, long image, ImageShape shape) {
    ByteBuffer pixels = ByteBuffer.allocateDirect(shape.bytes());
    data.decode(image, shape, pixels, 0);
    return of(pixels, shape);
  }

  /** Encodes a picture of u8 [channels, height, width] from the buffer's first byte on. */
  public static byte[] of(ByteBuffer pixels, ImageShape shape) {
    return encoded(picture(pixels, shape));
  }

  /** A picture of u8 [channels, height, width] from the buffer's first byte on. */
  static BufferedImage picture(ByteBuffer pixels, ImageShape shape) {
    int plane = shape.height() * shape.width();
    boolean gray = shape.channels() == 1;
    BufferedImage picture =
        new BufferedImage(
            shape.width(),
            shape.height(),
            gray ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < plane; i++) {
      int x = i % shape.width();
      int y = i / shape.width();
      if (gray) {
        picture.getRaster().setSample(x, y, 0, pixels.get(i) & 0xff);
      } else {
        int rgb = 0;
        for (int c = 0; c < 3; c++) {
          rgb = rgb << 8 | (pixels.get(c * plane + i) & 0xff);
        }
        picture.setRGB(x, y, rgb);
      }
    }
    return picture;
  }

  static byte[] encoded(BufferedImage picture) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      ImageIO.write(picture, "png", bytes);
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
