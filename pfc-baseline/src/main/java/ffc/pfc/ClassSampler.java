package ffc.pfc;

import ffc.loaders.sample.Permutation;
import it.unimi.dsi.fastutil.Hash;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.util.Arrays;

/**
 * Draws the classes of a step (Partial FC, An et al. 2021): all positives of a contiguous range of
 * classes, filled up with uniformly random negatives. A keyed permutation of the range gives the
 * negatives, so the cost follows the number drawn: no number is drawn, sorted or stored for the
 * other classes. A pure function of seed, step and positives.
 */
final class ClassSampler {
  private static final int DIGIT_BITS = 11;

  private final long from;
  private final long to;
  private final double rate;
  private final long seed;

  /**
   * Samples all classes of one trainer's range.
   *
   * @param classes C, over all trainers
   * @param rate r in [0, 1]; 1 takes every class
   * @param rank of this trainer, in [0, trainers)
   */
  ClassSampler(long classes, double rate, long seed, int rank, int trainers) {
    // The remainder goes to the first range.
    long share = classes / trainers;
    long remainder = classes - share * trainers;
    this.from = rank == 0 ? 0 : share * rank + remainder;
    this.to = share * (rank + 1) + remainder;
    this.rate = rate;
    this.seed = seed;
  }

  /** First class of the range. */
  long from() {
    return from;
  }

  /** End of the range. */
  long to() {
    return to;
  }

  /** Classes drawn in a step that has no more positives than that. */
  static long budget(long classes, double rate) {
    return Math.min(classes, Math.max(1, Math.round(classes * rate)));
  }

  /**
   * Draws the classes of a step.
   *
   * @param ids identities of the global batch, in any order, repeats allowed; those outside of the
   *     range belong to other trainers
   */
  SampledClasses sample(long step, long[] ids) {
    if (rate == 1) {
      return SampledClasses.all(from, to);
    }
    long[] positives =
        Arrays.stream(ids).filter(id -> id >= from && id < to).sorted().distinct().toArray();
    int budget = Math.toIntExact(Math.max(positives.length, budget(to - from, rate)));
    long[] drawn = Arrays.copyOf(positives, budget);
    LongOpenHashSet taken = new LongOpenHashSet(positives, Hash.FAST_LOAD_FACTOR);
    Permutation order = new Permutation(to - from, seed + 0x9e3779b97f4a7c15L * (step + 1) + from);
    long next = 0;
    for (int filled = positives.length; filled < budget; next++) {
      long cls = from + order.at(next);
      if (!taken.contains(cls)) {
        drawn[filled++] = cls;
      }
    }
    // Ascending rows are read from memory and from mapped files in one direction.
    return SampledClasses.of(sorted(drawn, to));
  }

  /** Sorts by a radix of 11 bits, over as many digits as numbers below the bound have. */
  private static long[] sorted(long[] values, long bound) {
    long[] from = values;
    long[] to = new long[values.length];
    int bits = 64 - Long.numberOfLeadingZeros(bound - 1);
    for (int shift = 0; shift < bits; shift += DIGIT_BITS) {
      int[] place = new int[(1 << DIGIT_BITS) + 1];
      for (long value : from) {
        place[digit(value, shift) + 1]++;
      }
      for (int i = 1; i < place.length; i++) {
        place[i] += place[i - 1];
      }
      for (long value : from) {
        to[place[digit(value, shift)]++] = value;
      }
      long[] swap = from;
      from = to;
      to = swap;
    }
    return from;
  }

  private static int digit(long value, int shift) {
    return (int) (value >>> shift) & ((1 << DIGIT_BITS) - 1);
  }
}
