package ffc.loaders.image;

import ffc.loaders.data.ImageShape;
import java.util.Arrays;

/**
 * Resampling, blur and light of planar u8 pictures of one shape, in whole numbers, so that every
 * machine gives the same. Confined to one thread: keeps scratch memory.
 */
public final class Filters {
  private final int channels;
  private final int height;
  private final int width;

  // Of one row of a warp: the upper left of four pixels (-1: outside), steps to the others,
  // weights.
  private final int[] corner;
  private final int[] next;
  private final int[] below;
  private final int[] weightX;
  private final int[] weightY;

  private final int[] sums;
  private final byte[] lookup = new byte[256];
  private byte[] small = new byte[0];
  private byte[] padded = new byte[0];

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
  }

  /**
   * Fills a picture from another by bilinear interpolation; zero where that has nothing.
   *
   * @param from [channels, fromHeight, fromWidth]
   * @param to [channels, height, width]
   */
  public void warp(byte[] from, int fromHeight, int fromWidth, Warp warp, byte[] to) {
    for (int y = 0; y < height; y++) {
      places(y, fromHeight, fromWidth, warp);
      for (int channel = 0; channel < channels; channel++) {
        int plane = channel * fromHeight * fromWidth;
        int at = (channel * height + y) * width;
        for (int x = 0; x < width; x++) {
          if (corner[x] < 0) {
            to[at + x] = 0;
            continue;
          }
          int i = plane + corner[x];
          int j = i + below[x];
          int wx = weightX[x];
          int top = ((from[i] & 0xff) << 8) + ((from[i + next[x]] & 0xff) - (from[i] & 0xff)) * wx;
          int low = ((from[j] & 0xff) << 8) + ((from[j + next[x]] & 0xff) - (from[j] & 0xff)) * wx;
          to[at + x] = (byte) (((top << 8) + (low - top) * weightY[x] + 0x8000) >> 16);
        }
      }
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
    for (int x = 0; x < width; x++, placeX += stepX, placeY += stepY) {
      if (placeX < -half || placeX > endX || placeY < -half || placeY > endY) {
        corner[x] = -1;
        continue;
      }
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
    long[] columns = new long[toWidth];
    for (int channel = 0; channel < channels; channel++) {
      for (int y = 0; y < toHeight; y++) {
        Arrays.fill(columns, 0);
        int first = y * height;
        int last = first + height;
        for (int row = first / toHeight; row * toHeight < last; row++) {
          int part = Math.min(last, (row + 1) * toHeight) - Math.max(first, row * toHeight);
          addRow(from, (channel * height + row) * width, part, toWidth, columns);
        }
        for (int x = 0; x < toWidth; x++) {
          small[(channel * toHeight + y) * toWidth + x] = (byte) ((columns[x] + whole / 2) / whole);
        }
      }
    }
    return small;
  }

  private void addRow(byte[] from, int at, int part, int toWidth, long[] columns) {
    for (int x = 0; x < toWidth; x++) {
      int first = x * width;
      int last = first + width;
      int sum = 0;
      for (int column = first / toWidth; column * toWidth < last; column++) {
        int share = Math.min(last, (column + 1) * toWidth) - Math.max(first, column * toWidth);
        sum += (from[at + column] & 0xff) * share;
      }
      columns[x] += (long) sum * part;
    }
  }

  /** Blurs in place by a Gaussian, the edges' pixels going on beyond them. */
  void blur(byte[] image, double sigma) {
    int[] taps = taps(sigma);
    int radius = taps.length / 2;
    int longest = Math.max(height, width) + 2 * radius;
    if (padded.length < longest * Math.max(1, width)) {
      padded = new byte[longest * Math.max(1, width)];
    }
    for (int channel = 0; channel < channels; channel++) {
      int plane = channel * height * width;
      for (int y = 0; y < height; y++) {
        blurRow(image, plane + y * width, taps);
      }
      for (int y = -radius; y < height + radius; y++) {
        int row = Math.max(0, Math.min(height - 1, y));
        System.arraycopy(image, plane + row * width, padded, (y + radius) * width, width);
      }
      for (int y = 0; y < height; y++) {
        Arrays.fill(sums, 0x8000);
        for (int tap = 0; tap < taps.length; tap++) {
          add(padded, (y + tap) * width, taps[tap]);
        }
        store(image, plane + y * width);
      }
    }
  }

  private void blurRow(byte[] image, int at, int[] taps) {
    int radius = taps.length / 2;
    Arrays.fill(padded, 0, radius, image[at]);
    System.arraycopy(image, at, padded, radius, width);
    Arrays.fill(padded, radius + width, 2 * radius + width, image[at + width - 1]);
    Arrays.fill(sums, 0x8000);
    for (int tap = 0; tap < taps.length; tap++) {
      add(padded, tap, taps[tap]);
    }
    store(image, at);
  }

  private void add(byte[] from, int at, int weight) {
    for (int x = 0; x < width; x++) {
      sums[x] += (from[at + x] & 0xff) * weight;
    }
  }

  private void store(byte[] to, int at) {
    for (int x = 0; x < width; x++) {
      to[at + x] = (byte) (sums[x] >> 16);
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
      sum += channels == 3 ? luma(image, i) : image[i] & 0xff;
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
    for (int i = 0; i < plane; i++) {
      int gray = luma(image, i);
      for (int at = i; at < 3 * plane; at += plane) {
        image[at] = clamp(gray + ((((image[at] & 0xff) - gray) * factor + 0x8000) >> 16));
      }
    }
  }

  private int luma(byte[] image, int i) {
    int plane = height * width;
    return ImageDecoder.luma(image[i] & 0xff, image[i + plane] & 0xff, image[i + 2 * plane] & 0xff)
        & 0xff;
  }

  private static byte clamp(long value) {
    return (byte) Math.max(0, Math.min(255, value));
  }
}
