package ffc.loaders.photos;

/**
 * A decoded picture.
 *
 * @param planes u8 [3, height, width], red, green, blue
 */
record Picture(byte[] planes, int height, int width) {
  Picture(int height, int width) {
    this(new byte[Math.multiplyExact(3, Math.multiplyExact(height, width))], height, width);
  }

  /**
   * The picture as it was seen.
   *
   * @param orientation of EXIF, 1 (upright) to 8; others leave it
   */
  Picture upright(int orientation) {
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
}
