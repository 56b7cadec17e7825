package ffc.loaders.image;

import ffc.loaders.data.ImageShape;
import java.util.Arrays;

/**
 * Resampling, blur and light of planar u8 pictures of one shape, in whole numbers, so that every
 * machine gives the same. Confined to one thread: keeps scratch memory.
 */
public final class Filters {
  private static final long RED_BLUE = 0xffff_0000_ffffL;

  private final int channels;
  private final int height;
  private final int width;

  // Of one row of a warp: where it has pixels, the upper left of four, steps to the others,
  // weights.
  private int begin;
  private int end;
  private final int[] corner;
  private final int[] next;
  private final int[] below;
  private final int[] weightX;
  private final int[] weightY;

  private final int[] sums;

  // Values as ints are added up side by side, which bytes are not.
  private int[] upper;
  private int[] lower;
  private int[][] lines = new int[0][];
  private int[] padded = new int[0];
  private long[] packed = new long[0];
  private final byte[] lookup = new byte[256];
  private byte[] small = new byte[0];

  public Filters(ImageShape shape) {
    channels = shape.channels();
    height = shape.height();
    width = shape.width();
    corner = new int[width];
    next = new int[width];
    below = new int[width];
    weightX = new int[width];
    weightY = new int[width];
    sums = new int[width];
    upper = new int[width];
    lower = new int[width];
  }

  /**
   * Fills a picture from another by bilinear interpolation; zero where that has nothing.
   *
   * @param from [channels, fromHeight, fromWidth]
   * @param to [channels, height, width]
   */
  public void warp(byte[] from, int fromHeight, int fromWidth, Warp warp, byte[] to) {
    if (warp.xy() == 0 && warp.yx() == 0) {
      warpUpright(from, fromHeight, fromWidth, warp, to);
      return;
    }
    if (channels == 3) {
      pack(from, fromHeight * fromWidth);
    }
    for (int y = 0; y < height; y++) {
      places(y, fromHeight, fromWidth, warp);
      for (int channel = 0; channel < channels; channel++) {
        clearOutside(to, (channel * height + y) * width);
      }
      if (channels == 3) {
        interpolateColours(to, y * width);
      } else {
        interpolate(from, to, y * width);
      }
    }
  }

  /** The colours of a pixel in one number, 16 bits each, so that they are weighted at once. */
  private void pack(byte[] from, int area) {
    if (packed.length < area) {
      packed = new long[area];
    }
    for (int i = 0; i < area; i++) {
      packed[i] =
          from[i] & 0xff | (from[area + i] & 0xff) << 16 | (from[2 * area + i] & 0xffL) << 32;
    }
  }

  private void interpolateColours(byte[] to, int at) {
    int area = height * width;
    for (int x = begin; x < end; x++) {
      int i = corner[x];
      int j = i + below[x];
      int step = next[x];
      long wx = weightX[x];
      long wy = weightY[x];
      long top = packed[i] * (256 - wx) + packed[i + step] * wx;
      long low = packed[j] * (256 - wx) + packed[j + step] * wx;
      long redBlue = (top & RED_BLUE) * (256 - wy) + (low & RED_BLUE) * wy + 0x8000_0000_8000L;
      long green = (top >> 16 & 0xffff) * (256 - wy) + (low >> 16 & 0xffff) * wy + 0x8000;
      to[at + x] = (byte) (redBlue >> 16);
      to[area + at + x] = (byte) (green >> 16);
      to[2 * area + at + x] = (byte) (redBlue >> 48);
    }
  }

  private void clearOutside(byte[] to, int at) {
    Arrays.fill(to, at, at + begin, (byte) 0);
    Arrays.fill(to, at + end, at + width, (byte) 0);
  }

  private void interpolate(byte[] from, byte[] to, int at) {
    for (int x = begin; x < end; x++) {
      int i = corner[x];
      int j = i + below[x];
      int step = next[x];
      int wx = weightX[x];
      int left = from[i] & 0xff;
      int lowLeft = from[j] & 0xff;
      int top = (left << 8) + ((from[i + step] & 0xff) - left) * wx;
      int low = (lowLeft << 8) + ((from[j + step] & 0xff) - lowLeft) * wx;
      to[at + x] = (byte) (((top << 8) + (low - top) * weightY[x] + 0x8000) >> 16);
    }
  }

  /** Rows stay rows: each is interpolated once, and those above each other are mixed. */
  private void warpUpright(byte[] from, int fromHeight, int fromWidth, Warp warp, byte[] to) {
    long half = 1L << 31;
    long endY = ((long) fromHeight << 32) - half;
    // With a place in the middle for the other axis, which decides nothing about this one.
    places(0, fromHeight, fromWidth, new Warp(warp.xx(), 0, warp.x0(), 0, 0, 0));
    for (int channel = 0; channel < channels; channel++) {
      int plane = channel * fromHeight * fromWidth;
      int upperRow = -1;
      int lowerRow = -1;
      for (int y = 0; y < height; y++) {
        int at = (channel * height + y) * width;
        long place = fixed(warp.yy() * y + warp.y0());
        if (place < -half || place > endY || begin == end) {
          Arrays.fill(to, at, at + width, (byte) 0);
          continue;
        }
        int top = Math.max(0, Math.min((int) (place >> 32), fromHeight - 1));
        int low = place < 0 || top + 1 >= fromHeight ? top : top + 1;
        if (top == lowerRow) {
          int[] kept = lower;
          lower = upper;
          upper = kept;
          lowerRow = upperRow;
          upperRow = top;
        }
        if (top != upperRow) {
          line(from, plane + top * fromWidth, upper);
          upperRow = top;
        }
        if (low != lowerRow) {
          line(from, plane + low * fromWidth, lower);
          lowerRow = low;
        }
        clearOutside(to, at);
        mix((int) (place >> 24) & 0xff, to, at);
      }
    }
  }

  private void line(byte[] from, int row, int[] line) {
    for (int x = begin; x < end; x++) {
      int i = row + corner[x];
      int left = from[i] & 0xff;
      line[x] = (left << 8) + ((from[i + next[x]] & 0xff) - left) * weightX[x];
    }
  }

  private void mix(int weight, byte[] to, int at) {
    for (int x = begin; x < end; x++) {
      sums[x] = ((upper[x] << 8) + (lower[x] - upper[x]) * weight + 0x8000) >> 16;
    }
    for (int x = begin; x < end; x++) {
      to[at + x] = (byte) sums[x];
    }
  }

  private void places(int y, int fromHeight, int fromWidth, Warp warp) {
    long placeX = fixed(warp.xy() * y + warp.x0());
    long placeY = fixed(warp.yy() * y + warp.y0());
    long stepX = fixed(warp.xx());
    long stepY = fixed(warp.yx());
    long half = 1L << 31;
    long endX = ((long) fromWidth << 32) - half;
    long endY = ((long) fromHeight << 32) - half;
    // Places lie on a line, so those within the picture follow each other.
    begin = 0;
    end = width;
    while (begin < end && outside(placeX + begin * stepX, endX, placeY + begin * stepY, endY)) {
      begin++;
    }
    while (begin < end
        && outside(placeX + (end - 1) * stepX, endX, placeY + (end - 1) * stepY, endY)) {
      end--;
    }
    placeX += begin * stepX;
    placeY += begin * stepY;
    for (int x = begin; x < end; x++, placeX += stepX, placeY += stepY) {
      int left = (int) (placeX >> 32);
      int top = (int) (placeY >> 32);
      weightX[x] = (int) (placeX >> 24) & 0xff;
      weightY[x] = (int) (placeY >> 24) & 0xff;
      // The outer half of the pixels at the edge has no further neighbour.
      next[x] = left < 0 || left + 1 >= fromWidth ? 0 : 1;
      below[x] = top < 0 || top + 1 >= fromHeight ? 0 : fromWidth;
      corner[x] =
          Math.max(0, Math.min(top, fromHeight - 1)) * fromWidth
              + Math.max(0, Math.min(left, fromWidth - 1));
    }
  }

  private static boolean outside(long placeX, long endX, long placeY, long endY) {
    long begin = -(1L << 31);
    return placeX < begin || placeX > endX || placeY < begin || placeY > endY;
  }

  private static long fixed(double value) {
    return Math.round(value * 0x1p32);
  }

  /**
   * A smaller picture by the mean over the area of each pixel.
   *
   * @return [channels, toHeight, toWidth], valid until the next call
   */
  public byte[] shrink(byte[] from, int toHeight, int toWidth) {
    if (small.length < channels * height * width) {
      small = new byte[channels * height * width];
    }
    // Area in units of 1 / (toHeight x toWidth) of a pixel: whole numbers.
    long whole = (long) height * width;
    for (int channel = 0; channel < channels; channel++) {
      for (int y = 0; y < toHeight; y++) {
        Arrays.fill(sums, 0);
        int first = y * height;
        int last = first + height;
        for (int row = first / toHeight; row * toHeight < last; row++) {
          int part = Math.min(last, (row + 1) * toHeight) - Math.max(first, row * toHeight);
          widen(from, (channel * height + row) * width, width, upper, 0);
          add(upper, part, sums);
        }
        shrinkRow(toWidth, whole, (channel * toHeight + y) * toWidth);
      }
    }
    return small;
  }

  /** Adds up columns; those at both ends belong to two pixels. */
  private void shrinkRow(int toWidth, long whole, int at) {
    int column = 0;
    int used = 0; // of the column, by the pixel before
    for (int x = 0; x < toWidth; x++) {
      int left = width;
      long sum = whole / 2;
      while (left > 0) {
        int share = Math.min(left, toWidth - used);
        sum += (long) sums[column] * share;
        left -= share;
        used += share;
        if (used == toWidth) {
          used = 0;
          column++;
        }
      }
      small[at + x] = (byte) (sum / whole);
    }
  }

  /** Blurs in place by a Gaussian, the edges' pixels going on beyond them. */
  void blur(byte[] image, double sigma) {
    int[] taps = taps(sigma);
    int radius = taps.length / 2;
    if (padded.length < width + 2 * radius) {
      padded = new int[width + 2 * radius];
    }
    if (lines.length == 0) {
      lines = new int[height][width];
    }
    for (int channel = 0; channel < channels; channel++) {
      int plane = channel * height * width;
      for (int y = 0; y < height; y++) {
        blurRow(image, plane + y * width, taps, lines[y]);
      }
      for (int y = 0; y < height; y++) {
        Arrays.fill(sums, 0x8000);
        for (int tap = 0; tap < taps.length; tap++) {
          add(lines[Math.max(0, Math.min(height - 1, y + tap - radius))], taps[tap], sums);
        }
        for (int x = 0; x < width; x++) {
          image[plane + y * width + x] = (byte) (sums[x] >> 16);
        }
      }
    }
  }

  private void blurRow(byte[] image, int at, int[] taps, int[] line) {
    int radius = taps.length / 2;
    Arrays.fill(padded, 0, radius, image[at] & 0xff);
    widen(image, at, width, padded, radius);
    Arrays.fill(padded, radius + width, 2 * radius + width, image[at + width - 1] & 0xff);
    Arrays.fill(sums, 0x8000);
    for (int tap = 0; tap < taps.length; tap++) {
      // Values of one place in both arrays are added side by side, others one by one.
      System.arraycopy(padded, tap, upper, 0, width);
      add(upper, taps[tap], sums);
    }
    for (int x = 0; x < width; x++) {
      line[x] = sums[x] >> 16;
    }
  }

  private static void widen(byte[] from, int at, int count, int[] to, int toAt) {
    for (int i = 0; i < count; i++) {
      to[toAt + i] = from[at + i] & 0xff;
    }
  }

  private static void add(int[] line, int weight, int[] sums) {
    for (int x = 0; x < sums.length; x++) {
      sums[x] += line[x] * weight;
    }
  }

  /** Weights in units of 2^-16 that sum up to one. */
  private static int[] taps(double sigma) {
    int radius = (int) Math.ceil(2.5 * sigma);
    double[] weights = new double[2 * radius + 1];
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      double distance = (i - radius) / sigma;
      weights[i] = StrictMath.exp(-distance * distance / 2);
      sum += weights[i];
    }
    int[] taps = new int[weights.length];
    int rest = 1 << 16;
    for (int i = 0; i < weights.length; i++) {
      taps[i] = (int) (weights[i] / sum * 0x1p16);
      rest -= taps[i];
    }
    taps[radius] += rest;
    return taps;
  }

  /** Multiplies all by a factor, then their distances from the mean of the luma by another. */
  void light(byte[] image, double brightness, double contrast) {
    double mean = brightness * meanLuma(image);
    for (int value = 0; value < 256; value++) {
      lookup[value] = clamp(Math.round(mean + contrast * (brightness * value - mean)));
    }
    for (int i = 0; i < image.length; i++) {
      image[i] = lookup[image[i] & 0xff];
    }
  }

  private double meanLuma(byte[] image) {
    int plane = height * width;
    long sum = 0;
    for (int i = 0; i < plane; i++) {
      sum +=
          channels == 3 ? luma(image[i], image[plane + i], image[2 * plane + i]) : image[i] & 0xff;
    }
    return (double) sum / plane;
  }

  /** Multiplies the distance of the colours from their gray; nothing where there is one channel. */
  void saturate(byte[] image, double saturation) {
    if (channels != 3) {
      return;
    }
    int plane = height * width;
    int factor = (int) Math.round(saturation * 0x1p16);
    for (int red = 0, green = plane, blue = 2 * plane; red < plane; red++, green++, blue++) {
      int gray = luma(image[red], image[green], image[blue]);
      image[red] = apart(gray, image[red], factor);
      image[green] = apart(gray, image[green], factor);
      image[blue] = apart(gray, image[blue], factor);
    }
  }

  private static byte apart(int gray, byte colour, int factor) {
    int value = gray + ((((colour & 0xff) - gray) * factor + 0x8000) >> 16);
    return (byte) Math.max(0, Math.min(255, value));
  }

  private static int luma(byte red, byte green, byte blue) {
    return ImageDecoder.luma(red & 0xff, green & 0xff, blue & 0xff) & 0xff;
  }

  private static byte clamp(long value) {
    return (byte) Math.max(0, Math.min(255, value));
  }
}
