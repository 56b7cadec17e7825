package ffc.core.eval;

/**
 * Counts of genuine and impostor similarities in 2^20 even bins over [-1, 1], 1.9e-6 wide: finer
 * than the rounding of a product of long f32 rows. Values outside are counted in the end bins.
 */
final class SimilarityHistogram {
  static final int BINS = 1 << 20;

  private final long[] genuine = new long[BINS];
  private final long[] impostor = new long[BINS];
  private long genuinePairs;
  private long impostorPairs;

  static int bin(float similarity) {
    int bin = (int) ((similarity + 1.0) * (BINS / 2));
    return Math.min(Math.max(bin, 0), BINS - 1);
  }

  /** Lower edge of a bin. */
  static double edge(int bin) {
    return bin * (2.0 / BINS) - 1;
  }

  void add(float similarity, boolean same) {
    if (same) {
      genuine[bin(similarity)]++;
      genuinePairs++;
    } else {
      impostor[bin(similarity)]++;
      impostorPairs++;
    }
  }

  long genuine(int bin) {
    return genuine[bin];
  }

  long impostor(int bin) {
    return impostor[bin];
  }

  long genuinePairs() {
    return genuinePairs;
  }

  long impostorPairs() {
    return impostorPairs;
  }
}
