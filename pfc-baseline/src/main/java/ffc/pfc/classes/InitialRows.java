package ffc.pfc.classes;

import ffc.loaders.sample.Keyed;

/**
 * Initial class centres: normal values by (seed, class) alone, cheap enough to be drawn when a row
 * is first needed. Four values come from one 64-bit random number, each by a table of 65,536
 * equally likely quantiles of the normal distribution.
 */
final class InitialRows {
  private static final int QUANTILES = 1 << 16;
  private static final float[] NORMAL = quantiles();

  private InitialRows() {}

  /** Fills a row with N(0, deviation²). */
  static void fill(float[] row, long seed, long cls, double deviation) {
    float factor = (float) deviation;
    long state = Keyed.mix(seed ^ Keyed.mix(cls + 0x9e3779b97f4a7c15L));
    long bits = 0;
    for (int i = 0; i < row.length; i++) {
      if ((i & 3) == 0) {
        state += 0x9e3779b97f4a7c15L;
        bits = Keyed.mix(state);
      }
      row[i] = NORMAL[(int) (bits & (QUANTILES - 1))] * factor;
      bits >>>= 16;
    }
  }

  /** The normal quantile of each (i + 1/2) / 65,536, by integrating the density upwards from 0. */
  private static float[] quantiles() {
    float[] table = new float[QUANTILES];
    double step = 1e-5;
    double x = 0;
    double below = 0.5;
    for (int i = QUANTILES / 2; i < QUANTILES; i++) {
      double wanted = (i + 0.5) / QUANTILES;
      while (below < wanted) {
        double middle = x + step / 2;
        below += step * Math.exp(-middle * middle / 2) / Math.sqrt(2 * Math.PI);
        x += step;
      }
      table[i] = (float) x;
      table[QUANTILES - 1 - i] = (float) -x;
    }
    return table;
  }
}
