package ffc.loaders.image;

import java.nio.ByteBuffer;

/**
 * A decoded picture.
 *
 * @param planes u8 [3, height, width], red, green, blue
 */
public record Picture(byte[] planes, int height, int width) {
  /** A black one. */
  public Picture(int height, int width) {
    this(new byte[Math.multiplyExact(3, Math.multiplyExact(height, width))], height, width);
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
    int area = height * width;
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
        int to = y * out.width + x;
        for (int c = 0; c < 3; c++) {
          out.planes[c * area + to] = planes[c * area + from];
        }
      }
    }
    return out;
  }

  /**
   * Puts it where an image goes.
   *
   * @param channels 3, or 1 for luma (ITU-R 601)
   * @param out receives u8 [channels, height, width] at the absolute {@code offset}
   */
  public void put(int channels, ByteBuffer out, int offset) {
    int area = height * width;
    if (channels == 3) {
      out.put(offset, planes, 0, 3 * area);
      return;
    }
    for (int i = 0; i < area; i++) {
      out.put(
          offset + i,
          ImageDecoder.luma(
              planes[i] & 0xff, planes[area + i] & 0xff, planes[2 * area + i] & 0xff));
    }
  }
}
