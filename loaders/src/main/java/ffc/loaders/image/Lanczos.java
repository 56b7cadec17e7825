package ffc.loaders.image;

import java.util.Arrays;

/**
 * Scales by Lanczos' windowed sinc of three lobes, stretched over all the pixels that become one
 * when a picture shrinks, so that nothing is skipped over. The same bits on every machine.
 */
public final class Lanczos {
  private static final double LOBES = 3;

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
        double[] exact = new double[end - begin];
        double sum = 0;
        for (int t = 0; t < exact.length; t++) {
          exact[t] = kernel((begin + t - centre + 0.5) / stretch);
          sum += exact[t];
        }
        first[i] = begin;
        weights[i] = new float[exact.length];
        for (int t = 0; t < exact.length; t++) {
          weights[i][t] = (float) (exact[t] / sum);
        }
      }
      return new Taps(first, weights);
    }

    int end(int i) {
      return first[i] + weights[i].length;
    }
  }

  private static double kernel(double x) {
    if (Math.abs(x) >= LOBES) {
      return 0;
    }
    return sinc(x) * sinc(x / LOBES);
  }

  private static double sinc(double x) {
    return x == 0 ? 1 : StrictMath.sin(Math.PI * x) / (Math.PI * x);
  }

  /**
   * Scales a box of a picture, in pixels that may be broken, to {@code height} and {@code width}.
   */
  public static Picture scale(
      Picture from, double top, double left, double bottom, double right, int height, int width) {
    Taps columns = Taps.of(from.width(), left, right, width);
    Taps rows = Taps.of(from.height(), top, bottom, height);
    int begin = columns.first()[0];
    int end = columns.end(width - 1);
    float[] line = new float[end - begin];
    float[][] low = new float[height][line.length];
    Picture out = new Picture(height, width);
    for (int c = 0; c < 3; c++) {
      // Rows first, as whole rows are added to whole rows: the loops that processors do in
      // parallel.
      for (float[] sums : low) {
        Arrays.fill(sums, 0);
      }
      int lowest = 0;
      for (int row = rows.first()[0]; row < rows.end(height - 1); row++) {
        int at = (c * from.height() + row) * from.width() + begin;
        for (int x = 0; x < line.length; x++) {
          line[x] = from.planes()[at + x] & 0xff;
        }
        while (rows.end(lowest) <= row) {
          lowest++;
        }
        for (int y = lowest; y < height && rows.first()[y] <= row; y++) {
          add(line, rows.weights()[y][row - rows.first()[y]], low[y]);
        }
      }
      for (int y = 0; y < height; y++) {
        narrow(low[y], begin, columns, out.planes(), (c * height + y) * width);
      }
    }
    return out;
  }

  private static void add(float[] line, float weight, float[] sums) {
    for (int x = 0; x < sums.length; x++) {
      sums[x] += weight * line[x];
    }
  }

  private static void narrow(float[] line, int begin, Taps columns, byte[] out, int at) {
    for (int x = 0; x < columns.weights().length; x++) {
      float[] weights = columns.weights()[x];
      int first = columns.first()[x] - begin;
      float sum = 0;
      for (int t = 0; t < weights.length; t++) {
        sum += weights[t] * line[first + t];
      }
      out[at + x] = (byte) Math.max(0, Math.min(255, Math.round(sum)));
    }
  }
}
