package ffc.loaders.image;

import ffc.loaders.ImageShape;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;

/** Decodes what has no faster way here (BMP, interlaced PNG), by ImageIO, one object at a time. */
final class PlainDecoder {

  void decode(String format, ByteBuffer encoded, ImageShape shape, byte[] planes)
      throws IOException {
    ImageReader reader = reader(format, encoded);
    try {
      ImageDecoder.checkSize(reader.getHeight(0), reader.getWidth(0), shape);
      unpack(reader.read(0), shape, planes);
    } catch (RuntimeException e) {
      throw new IOException("corrupt " + format + ": " + e.getMessage(), e);
    } finally {
      reader.dispose();
    }
  }

  static int[] size(String format, ByteBuffer encoded) throws IOException {
    ImageReader reader = reader(format, encoded);
    try {
      return new int[] {reader.getHeight(0), reader.getWidth(0)};
    } catch (RuntimeException e) {
      throw new IOException("corrupt " + format + ": " + e.getMessage(), e);
    } finally {
      reader.dispose();
    }
  }

  private static ImageReader reader(String format, ByteBuffer encoded) {
    ImageReader reader = ImageIO.getImageReadersByFormatName(format).next();
    reader.setInput(new BufferImageInputStream().reset(encoded), true, true);
    return reader;
  }

  private static void unpack(BufferedImage image, ImageShape shape, byte[] planes) {
    int height = shape.height();
    int width = shape.width();
    int area = height * width;
    int[] row = new int[width];
    for (int r = 0; r < height; r++) {
      image.getRGB(0, r, width, 1, row, 0, width);
      for (int c = 0; c < width; c++) {
        int rgb = row[c];
        int red = (rgb >> 16) & 0xff;
        int green = (rgb >> 8) & 0xff;
        int blue = rgb & 0xff;
        int at = r * width + c;
        if (shape.channels() == 1) {
          planes[at] = ImageDecoder.luma(red, green, blue);
        } else {
          planes[at] = (byte) red;
          planes[at + area] = (byte) green;
          planes[at + 2 * area] = (byte) blue;
        }
      }
    }
  }
}
