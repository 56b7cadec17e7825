package ffc.core.train;

import java.util.Arrays;

/** Wall times of the steps of this process; of a long run, the latest million. */
final class StepTimes {
  private static final int WARMUP = 10;
  private static final int KEPT = 1 << 20;

  private long[] nanos = new long[1024];
  private long steps;

  void add(long stepNanos) {
    if (steps++ < WARMUP) {
      return;
    }
    long counted = steps - WARMUP - 1;
    if (counted >= nanos.length && nanos.length < KEPT) {
      nanos = Arrays.copyOf(nanos, nanos.length * 2);
    }
    nanos[(int) (counted % nanos.length)] = stepNanos;
  }

  /** A percentile in milliseconds, without the first steps; NaN if there were only those. */
  double percentileMs(double share) {
    int n = (int) Math.min(Math.max(0, steps - WARMUP), nanos.length);
    if (n == 0) {
      return Double.NaN;
    }
    long[] sorted = Arrays.copyOf(nanos, n);
    Arrays.sort(sorted);
    return sorted[(int) Math.min(n - 1, Math.floor(share * n))] / 1e6;
  }
}
