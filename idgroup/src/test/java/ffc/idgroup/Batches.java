package ffc.idgroup;

import java.util.Random;

/** Random batches for property loops. */
final class Batches {
  private Batches() {}

  /** Identities from a pool, some of them several times. */
  static long[] ids(Random random, int n, int pool) {
    long[] ids = new long[n];
    for (int i = 0; i < n; i++) {
      ids[i] =
          i > 0 && random.nextInt(4) == 0
              ? ids[random.nextInt(i)]
              : spread(random.nextInt(Math.max(1, pool)));
    }
    return ids;
  }

  /** Makes identities that use all 64 bits, some negative, and 0. */
  static long spread(long i) {
    return i * 0x5851F42D4C957F2DL;
  }

  static double[][] unitRows(Random random, int n, int dim) {
    double[][] rows = new double[n][dim];
    for (double[] row : rows) {
      double squares = 0;
      for (int i = 0; i < dim; i++) {
        row[i] = random.nextGaussian();
        squares += row[i] * row[i];
      }
      for (int i = 0; i < dim; i++) {
        row[i] /= Math.sqrt(squares);
      }
    }
    return rows;
  }

  static DoubleRows doubles(double[][] rows, int dim) {
    DoubleRows out = new DoubleRows(rows.length, dim);
    for (int r = 0; r < rows.length; r++) {
      System.arraycopy(rows[r], 0, out.values(), r * dim, dim);
    }
    return out;
  }

  static FloatRows floats(double[][] rows, int dim) {
    FloatRows out = new FloatRows(rows.length, dim);
    for (int r = 0; r < rows.length; r++) {
      for (int i = 0; i < dim; i++) {
        out.values()[r * dim + i] = (float) rows[r][i];
      }
    }
    return out;
  }
}
