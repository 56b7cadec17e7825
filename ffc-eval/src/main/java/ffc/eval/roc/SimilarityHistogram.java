package ffc.eval.roc;

import java.util.Arrays;

/**
 * Counts of genuine and impostor similarities in 2^20 even bins over [-1, 1], 1.9e-6 wide: finer
 * than the rounding of a product of long f32 rows. Values outside are counted in the end bins;
 * impostors at or below a cut are all counted in the bottom bin.
 */
public final class SimilarityHistogram {
  static final int BINS = 1 << 20;
  private static final int PLOTTED = 128;

  private final long[] genuine = new long[BINS];
  private final long[] impostor = new long[BINS];
  private final float cut;
  private long genuinePairs;
  private long impostorPairs;

  /**
   * @param cut similarity up to which impostors are only counted; below −1 to bin them all
   */
  public SimilarityHistogram(double cut) {
    this.cut = (float) cut;
  }

  /** Similarity up to which impostors are only counted. */
  public float cut() {
    return cut;
  }

  static int bin(float similarity) {
    int bin = (int) ((similarity + 1.0) * (BINS / 2));
    return Math.min(Math.max(bin, 0), BINS - 1);
  }

  /** Lower edge of a bin. */
  static double edge(int bin) {
    return bin * (2.0 / BINS) - 1;
  }

  public void add(float similarity, boolean same) {
    if (same) {
      genuine[bin(similarity)]++;
      genuinePairs++;
    } else {
      impostor[similarity > cut ? bin(similarity) : 0]++;
      impostorPairs++;
    }
  }

  /** Counts the first values of an array, all of impostors. */
  public void addImpostors(float[] similarities, int count) {
    long binned = 0;
    for (int i = 0; i < count; i++) {
      float similarity = similarities[i];
      if (similarity > cut) {
        impostor[bin(similarity)]++;
        binned++;
      }
    }
    impostor[0] += count - binned;
    impostorPairs += count;
  }

  /** Bins impostors that lie above the cut. */
  public void addAbove(float[] similarities, int count) {
    for (int i = 0; i < count; i++) {
      impostor[bin(similarities[i])]++;
    }
    impostorPairs += count;
  }

  /** Counts impostors that do not. */
  public void addBelow(long count) {
    impostor[0] += count;
    impostorPairs += count;
  }

  /**
   * The same in few bins, from the lowest to the highest that holds a pair.
   *
   * @param sample impostor similarities that stand for all of them where there is a cut
   */
  public ScoreHistogram coarse(float[] sample) {
    long[] impostors = new long[PLOTTED];
    long[] genuines = new long[PLOTTED];
    for (int bin = 0; bin < BINS; bin++) {
      genuines[bin / (BINS / PLOTTED)] += genuine[bin];
      impostors[bin / (BINS / PLOTTED)] += cut < -1 ? impostor[bin] : 0;
    }
    if (cut >= -1) {
      for (float similarity : sample) {
        impostors[bin(similarity) / (BINS / PLOTTED)]++;
      }
    }
    int from = 0;
    int to = PLOTTED;
    while (from < to - 1 && genuines[from] + impostors[from] == 0) {
      from++;
    }
    while (to > from + 1 && genuines[to - 1] + impostors[to - 1] == 0) {
      to--;
    }
    return new ScoreHistogram(
        edge(from * (BINS / PLOTTED)),
        2.0 / PLOTTED,
        Arrays.copyOfRange(genuines, from, to),
        Arrays.copyOfRange(impostors, from, to));
  }

  /** Whether the impostors of a bin are known to lie in it. */
  boolean resolved(int bin) {
    return bin > bin(cut) || cut < -1;
  }

  long genuine(int bin) {
    return genuine[bin];
  }

  long impostor(int bin) {
    return impostor[bin];
  }

  public long genuinePairs() {
    return genuinePairs;
  }

  public long impostorPairs() {
    return impostorPairs;
  }
}
