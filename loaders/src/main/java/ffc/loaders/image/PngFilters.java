package ffc.loaders.image;

import java.io.IOException;

/** Undoes the five row filters of PNG in place. */
final class PngFilters {
  private PngFilters() {}

  /**
   * @param from where the first row's filter byte stands
   * @param raw rows of one filter byte and {@code rowBytes} bytes
   * @param pixelBytes bytes of a whole pixel, at least 1
   */
  static void undo(byte[] raw, int from, int height, int rowBytes, int pixelBytes)
      throws IOException {
    for (int r = 0; r < height; r++) {
      int row = from + r * (rowBytes + 1) + 1;
      int above = row - rowBytes - 1;
      int filter = raw[row - 1];
      switch (filter) {
        case 0 -> {}
        case 1 -> left(raw, row, rowBytes, pixelBytes);
        case 2 -> {
          if (r > 0) {
            for (int i = 0; i < rowBytes; i++) {
              raw[row + i] += raw[above + i];
            }
          }
        }
        case 3 -> {
          for (int i = 0; i < rowBytes; i++) {
            int a = i < pixelBytes ? 0 : raw[row + i - pixelBytes] & 0xff;
            int b = r == 0 ? 0 : raw[above + i] & 0xff;
            raw[row + i] += (byte) ((a + b) >> 1);
          }
        }
        case 4 -> {
          if (r == 0) {
            left(raw, row, rowBytes, pixelBytes);
          } else {
            paeth(raw, row, above, rowBytes, pixelBytes);
          }
        }
        default -> throw new IOException("corrupt PNG: filter " + filter + " in row " + r);
      }
    }
  }

  private static void left(byte[] raw, int row, int rowBytes, int pixelBytes) {
    for (int i = pixelBytes; i < rowBytes; i++) {
      raw[row + i] += raw[row + i - pixelBytes];
    }
  }

  private static void paeth(byte[] raw, int row, int above, int rowBytes, int pixelBytes) {
    for (int i = 0; i < rowBytes; i++) {
      int a = i < pixelBytes ? 0 : raw[row + i - pixelBytes] & 0xff;
      int b = raw[above + i] & 0xff;
      int c = i < pixelBytes ? 0 : raw[above + i - pixelBytes] & 0xff;
      int pa = Math.abs(b - c);
      int pb = Math.abs(a - c);
      int pc = Math.abs(a + b - 2 * c);
      raw[row + i] += (byte) (pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
    }
  }
}
