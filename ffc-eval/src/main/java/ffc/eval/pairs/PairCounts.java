package ffc.eval.pairs;

import java.util.OptionalDouble;

/**
 * For each threshold of an even grid, how many genuine and impostor pairs lie below it: each pair
 * is binned once, so that leaving a fold out costs only that fold's pairs.
 */
final class PairCounts {
  private final double[] distances;
  private final boolean[] same;
  private final double step;

  /** Index of the first threshold above each distance; the grid's size if there is none. */
  private final int[] firstAbove;

  private final int[] genuine;
  private final int[] impostor;

  PairCounts(double[] distances, boolean[] same, int thresholds, double step) {
    this.distances = distances;
    this.same = same;
    this.step = step;
    this.firstAbove = new int[distances.length];
    this.genuine = new int[thresholds + 1];
    this.impostor = new int[thresholds + 1];
    for (int i = 0; i < distances.length; i++) {
      int bin = Math.min(thresholds, (int) Math.max(0, distances[i] / step - 1));
      while (bin < thresholds && !(distances[i] < bin * step)) {
        bin++;
      }
      firstAbove[i] = bin;
      (same[i] ? genuine : impostor)[bin]++;
    }
  }

  /** The first threshold with the highest accuracy over all pairs but [from, to). */
  double bestThresholdWithout(int from, int to) {
    int[] genuineBins = without(from, to, true);
    int[] impostorBins = without(from, to, false);
    long impostors = sum(impostorBins);
    long right = Long.MIN_VALUE;
    long acceptedGenuine = 0;
    long acceptedImpostors = 0;
    int best = 0;
    for (int i = 0; i < genuine.length - 1; i++) {
      acceptedGenuine += genuineBins[i];
      acceptedImpostors += impostorBins[i];
      long now = acceptedGenuine + impostors - acceptedImpostors;
      if (now > right) {
        right = now;
        best = i;
      }
    }
    return best * step;
  }

  /**
   * The threshold at which the false accept rate over all pairs but [from, to) reaches the target,
   * interpolated between the last grid point at or below it and the next; the last grid point if
   * none exceeds it; empty if there are no impostor pairs.
   */
  OptionalDouble thresholdAtFarWithout(int from, int to, double target) {
    int[] bins = without(from, to, false);
    long all = sum(bins);
    if (all == 0) {
      return OptionalDouble.empty();
    }
    long accepted = 0;
    double before = 0;
    for (int i = 0; i < impostor.length - 1; i++) {
      accepted += bins[i];
      double far = (double) accepted / all;
      if (far > target) {
        // A grid that starts above the target has nothing to interpolate from.
        return OptionalDouble.of(i == 0 ? 0 : (i - 1 + (target - before) / (far - before)) * step);
      }
      before = far;
    }
    return OptionalDouble.of((impostor.length - 2) * step);
  }

  private int[] without(int from, int to, boolean kind) {
    int[] bins = (kind ? genuine : impostor).clone();
    for (int i = from; i < to; i++) {
      if (same[i] == kind) {
        bins[firstAbove[i]]--;
      }
    }
    return bins;
  }

  private static long sum(int[] bins) {
    long sum = 0;
    for (int bin : bins) {
      sum += bin;
    }
    return sum;
  }
}
