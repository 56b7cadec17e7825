package ffc.loaders.image;

import ffc.loaders.data.ImageShape;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import javax.imageio.ImageReader;

/**
 * Decodes BMP by ImageIO, one object at a time. Samples are taken as they are stored: a gray
 * image's colours as Java sees them would be brightened, because its gray is linear.
 */
final class BmpDecoder {

  void decode(ByteBuffer encoded, ImageShape shape, Pixels out) throws IOException {
    ImageReader reader = reader(encoded);
    try {
      ImageDecoder.checkSize(reader.getHeight(0), reader.getWidth(0), shape);
      unpack(reader.read(0), shape, out);
    } catch (RuntimeException e) {
      throw new IOException("corrupt BMP: " + e.getMessage(), e);
    } finally {
      reader.dispose();
    }
  }

  static int[] size(ByteBuffer encoded) throws IOException {
    ImageReader reader = reader(encoded);
    try {
      return new int[] {reader.getHeight(0), reader.getWidth(0)};
    } catch (RuntimeException e) {
      throw new IOException("corrupt BMP: " + e.getMessage(), e);
    } finally {
      reader.dispose();
    }
  }

  private static ImageReader reader(ByteBuffer encoded) {
    ImageReader reader = JdkCodecs.reader("bmp");
    reader.setInput(new BufferImageInputStream().reset(encoded), true, true);
    return reader;
  }

  private static void unpack(BufferedImage image, ImageShape shape, Pixels out) {
    int height = shape.height();
    int width = shape.width();
    boolean gray = image.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_GRAY;
    byte[] samples = new byte[(gray ? 1 : 3) * height * width];
    for (int r = 0; r < height; r++) {
      for (int c = 0; c < width; c++) {
        int at = r * width + c;
        if (gray) {
          samples[at] = (byte) image.getRaster().getSample(c, r, 0);
        } else {
          int rgb = image.getRGB(c, r);
          samples[3 * at] = (byte) (rgb >> 16);
          samples[3 * at + 1] = (byte) (rgb >> 8);
          samples[3 * at + 2] = (byte) rgb;
        }
      }
    }
    if (gray) {
      out.gray(samples, shape);
    } else {
      out.colours(samples, 0, shape);
    }
  }
}
