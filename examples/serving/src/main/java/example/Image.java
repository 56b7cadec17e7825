package example;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/**
 * An image as the network wants it.
 *
 * @param values (pixel - 127.5) / 127.5, channel by channel, row by row
 */
public record Image(float[] values, int channels, int height, int width) {

  /**
   * Reads a file.
   *
   * @param channels 1 for gray, 3 for RGB
   */
  public static Image read(Path file, int channels) throws IOException {
    BufferedImage image = ImageIO.read(file.toFile());
    int width = image.getWidth();
    int height = image.getHeight();
    float[] values = new float[channels * width * height];
    boolean gray = image.getType() == BufferedImage.TYPE_BYTE_GRAY; // getRGB would brighten it
    for (int i = 0; i < values.length; i++) {
      int x = i % width;
      int y = i / width % height;
      int shift = 16 - 8 * (i / width / height);
      int value = gray ? image.getRaster().getSample(x, y, 0) : image.getRGB(x, y) >> shift & 255;
      values[i] = (value - 127.5f) / 127.5f;
    }
    return new Image(values, channels, height, width);
  }
}
