package ffc.loaders.image;

/**
 * Scales by Lanczos' windowed sinc of three lobes, stretched over all the pixels that become one
 * when a picture shrinks, so that nothing is skipped over. The same bits on every machine.
 */
public final class Lanczos {
  private static final double LOBES = 3;

  /** Nearer to its middle the kernel is taken from its series, which is exact there. */
  private static final double NEAR = 1e-4;

  private Lanczos() {}

  /** Weights of the pixels {@code first[i]} and following for output i; they add up to 1. */
  private record Taps(int[] first, float[][] weights) {
    static Taps of(int length, double from, double to, int out) {
      double scale = (to - from) / out;
      double stretch = Math.max(1, scale);
      int[] first = new int[out];
      float[][] weights = new float[out][];
      for (int i = 0; i < out; i++) {
        double centre = from + (i + 0.5) * scale;
        int begin = (int) Math.max(0, Math.floor(centre - LOBES * stretch + 0.5));
        int end = (int) Math.min(length, Math.floor(centre + LOBES * stretch + 0.5));
        double[] exact = kernel(begin - centre + 0.5, stretch, end - begin);
        double sum = 0;
        for (double weight : exact) {
          sum += weight;
        }
        first[i] = begin;
        weights[i] = new float[exact.length];
        for (int t = 0; t < exact.length; t++) {
          weights[i][t] = (float) (exact[t] / sum);
        }
      }
      return new Taps(first, weights);
    }

    int begin() {
      return first[0];
    }

    int end() {
      return end(first.length - 1);
    }

    int end(int i) {
      return first[i] + weights[i].length;
    }
  }

  /**
   * sinc(x) sinc(x / 3) at x = (at + t) / stretch for t = 0 to n - 1. With s = sin(pi x / 3) that
   * is 3 s^2 (3 - 4 s^2) / (pi x)^2, and s of the next x is s turned by one angle.
   */
  private static double[] kernel(double at, double stretch, int n) {
    double[] out = new double[n];
    double angle = Math.PI / (LOBES * stretch);
    double sin = StrictMath.sin(at * angle);
    double cos = StrictMath.cos(at * angle);
    double turnSin = StrictMath.sin(angle);
    double turnCos = StrictMath.cos(angle);
    for (int t = 0; t < n; t++) {
      double x = (at + t) / stretch;
      double pix = Math.PI * x;
      if (Math.abs(x) < NEAR) {
        out[t] = 1 - pix * pix * (1 + 1 / (LOBES * LOBES)) / 6;
      } else if (Math.abs(x) < LOBES) {
        out[t] = 3 * sin * sin * (3 - 4 * sin * sin) / (pix * pix);
      }
      double next = sin * turnCos + cos * turnSin;
      cos = cos * turnCos - sin * turnSin;
      sin = next;
    }
    return out;
  }

  /**
   * Scales a box of a picture, in pixels that may be broken, to {@code height} and {@code width}.
   */
  public static Picture scale(
      Picture from, double top, double left, double bottom, double right, int height, int width) {
    Taps columns = Taps.of(from.width(), left, right, width);
    Taps rows = Taps.of(from.height(), top, bottom, height);
    byte[] pixels = from.pixels();
    float[][] low =
        combine(
            rows,
            3 * (columns.end() - columns.begin()),
            (y, row) -> {
              int at = 3 * (y * from.width() + columns.begin());
              for (int i = 0; i < row.length; i++) {
                row[i] = pixels[at + i] & 0xff;
              }
            });
    float[][] small =
        combine(
            columns,
            3 * height,
            (x, column) -> {
              int at = 3 * (x - columns.begin());
              for (int y = 0; y < height; y++) {
                column[3 * y] = low[y][at];
                column[3 * y + 1] = low[y][at + 1];
                column[3 * y + 2] = low[y][at + 2];
              }
            });
    Picture out = new Picture(height, width);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < 3; c++) {
          int value = Math.round(small[x][3 * y + c]);
          out.pixels()[3 * (y * width + x) + c] = (byte) Math.max(0, Math.min(255, value));
        }
      }
    }
    return out;
  }

  /** Rows or columns of a picture. */
  @FunctionalInterface
  private interface Lines {
    void read(int i, float[] line);
  }

  /**
   * Weighted sums of whole lines, which are added to whole lines: loops that processors do in
   * parallel.
   */
  private static float[][] combine(Taps taps, int length, Lines lines) {
    float[][] sums = new float[taps.first().length][length];
    float[] line = new float[length];
    int lowest = 0;
    for (int i = taps.begin(); i < taps.end(); i++) {
      lines.read(i, line);
      while (taps.end(lowest) <= i) {
        lowest++;
      }
      for (int o = lowest; o < sums.length && taps.first()[o] <= i; o++) {
        add(line, taps.weights()[o][i - taps.first()[o]], sums[o]);
      }
    }
    return sums;
  }

  private static void add(float[] line, float weight, float[] sums) {
    for (int x = 0; x < sums.length; x++) {
      sums[x] += weight * line[x];
    }
  }
}
