package ffc.eval.roc;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Percentile bootstrap of a share: whole clusters (identities, or single pairs) are drawn again
 * with replacement, because the images of one identity stand and fall together. A threshold that a
 * share was taken at is held fixed.
 */
public final class Bootstrap {
  /** An interval of the given confidence. */
  public record Interval(double low, double high) {}

  private Bootstrap() {}

  /**
   * The interval of Σ hits / Σ trials.
   *
   * @param hits successes of each cluster
   * @param trials trials of each cluster, at least 0, not all 0
   * @param rounds drawings, such as 1000
   * @param confidence such as 0.95
   * @param seed decides the drawings
   */
  public static Interval of(long[] hits, long[] trials, int rounds, double confidence, long seed) {
    if (hits.length != trials.length || Arrays.stream(trials).sum() == 0) {
      throw new IllegalArgumentException(
          "bootstrap: got " + hits.length + " clusters without any trial, wanted at least one");
    }
    SplittableRandom random = new SplittableRandom(seed);
    double[] shares = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      long hit = 0;
      long all = 0;
      for (int draw = 0; draw < hits.length; draw++) {
        int cluster = random.nextInt(hits.length);
        hit += hits[cluster];
        all += trials[cluster];
      }
      // A drawing without any trial says nothing; it takes the value of the whole.
      shares[round] =
          all == 0
              ? (double) Arrays.stream(hits).sum() / Arrays.stream(trials).sum()
              : (double) hit / all;
    }
    Arrays.sort(shares);
    double tail = (1 - confidence) / 2;
    return new Interval(quantile(shares, tail), quantile(shares, 1 - tail));
  }

  private static double quantile(double[] sorted, double share) {
    return sorted[(int) Math.round(share * (sorted.length - 1))];
  }
}
