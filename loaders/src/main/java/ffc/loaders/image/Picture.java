package ffc.loaders.image;

import ffc.loaders.data.ImageShape;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A decoded picture.
 *
 * @param pixels u8 [height, width, 3], red, green, blue
 */
public record Picture(byte[] pixels, int height, int width) {
  /** A black one. */
  public Picture(int height, int width) {
    this(new byte[Math.multiplyExact(3, Math.multiplyExact(height, width))], height, width);
  }

  /** One whose colours lie apart: u8 [3, height, width]. */
  public static Picture ofPlanes(byte[] planes, int height, int width) {
    Picture out = new Picture(height, width);
    int area = height * width;
    for (int i = 0; i < area; i++) {
      for (int c = 0; c < 3; c++) {
        out.pixels[3 * i + c] = planes[c * area + i];
      }
    }
    return out;
  }

  /** Receives what a decoder decodes; of the picture's own height and width. */
  Pixels filled() {
    return new Pixels() {
      @Override
      public void gray(byte[] samples, ImageShape shape) {
        for (int i = 0; i < height * width; i++) {
          Arrays.fill(pixels, 3 * i, 3 * i + 3, samples[i]);
        }
      }

      @Override
      public void colours(byte[] samples, int red, ImageShape shape) {
        System.arraycopy(samples, 0, pixels, 0, pixels.length);
        if (red != 0) {
          for (int p = 0; p < pixels.length; p += 3) {
            pixels[p] = samples[p + red];
            pixels[p + red] = samples[p];
          }
        }
      }
    };
  }

  /**
   * The picture as it was seen.
   *
   * @param orientation of EXIF, 1 (upright) to 8; others leave it
   */
  public Picture upright(int orientation) {
    if (orientation < 2 || orientation > 8) {
      return this;
    }
    boolean turned = orientation >= 5;
    Picture out = turned ? new Picture(width, height) : new Picture(height, width);
    for (int y = 0; y < out.height; y++) {
      for (int x = 0; x < out.width; x++) {
        int row = turned ? x : y;
        int column = turned ? y : x;
        boolean fromBelow =
            orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
        boolean fromRight =
            orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
        int from =
            (fromBelow ? height - 1 - row : row) * width
                + (fromRight ? width - 1 - column : column);
        System.arraycopy(pixels, 3 * from, out.pixels, 3 * (y * out.width + x), 3);
      }
    }
    return out;
  }

  /** Its colours apart: u8 [3, height, width]. */
  public byte[] toPlanes() {
    Planes planes = new Planes(new byte[pixels.length]);
    planes.colours(pixels, 0, new ImageShape(3, height, width));
    return planes.bytes();
  }

  /**
   * Puts it where an image goes.
   *
   * @param channels 3, or 1 for luma (ITU-R 601)
   * @param out receives u8 [channels, height, width] at the absolute {@code offset}
   */
  public void put(int channels, ByteBuffer out, int offset) {
    Planes planes = new Planes(new byte[channels * height * width]);
    planes.colours(pixels, 0, new ImageShape(channels, height, width));
    out.put(offset, planes.bytes());
  }
}
