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

  void decode(ByteBuffer encoded, ImageShape shape, byte[] planes) throws IOException {
    ImageReader reader = reader(encoded);
    try {
      ImageDecoder.checkSize(reader.getHeight(0), reader.getWidth(0), shape);
      unpack(reader.read(0), shape, planes);
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

  private static void unpack(BufferedImage image, ImageShape shape, byte[] planes) {
    int height = shape.height();
    int width = shape.width();
    int area = height * width;
    boolean gray = image.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_GRAY;
    for (int r = 0; r < height; r++) {
      for (int c = 0; c < width; c++) {
        int rgb = gray ? image.getRaster().getSample(c, r, 0) * 0x010101 : image.getRGB(c, r);
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
