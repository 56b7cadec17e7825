package ffc.pfc.classes;

import ffc.loaders.sample.Permutation;
import it.unimi.dsi.fastutil.Hash;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Draws the classes of a step (Partial FC, An et al. 2021): all positives, filled up with uniformly
 * random negatives. A keyed permutation of the classes gives the negatives, so the cost follows the
 * number drawn: no number is drawn, sorted or stored for the other classes. A pure function of
 * seed, step and positives.
 *
 * <p>Departure from the papers, where every shard samples on its own: the draw is one over all
 * classes, whatever the number of trainers, and each trainer keeps what falls into its range.
 * Several trainers thus repeat the losses of one.
 */
public final class ClassSampler {
  private static final int DIGIT_BITS = 11;

  private final long classes;
  private final double rate;
  private final long seed;
  private final ClassRange range;
  private final RowWorkers workers;

  /**
   * @param classes C, over all trainers
   * @param rate r in [0, 1]; 1 takes every class
   * @param range of this trainer
   * @param workers share the draw out; they stay the creator's
   */
  public ClassSampler(long classes, double rate, long seed, ClassRange range, RowWorkers workers) {
    this.classes = classes;
    this.rate = rate;
    this.seed = seed;
    this.range = range;
    this.workers = workers;
  }

  /** Classes drawn in a step that has no more positives than that. */
  public static long budget(long classes, double rate) {
    return Math.min(classes, Math.max(1, Math.round(classes * rate)));
  }

  /**
   * Draws the classes of a step and gives those of the range.
   *
   * @param ids identities of the global batch, in any order, repeats allowed
   */
  public SampledClasses sample(long step, long[] ids) {
    if (rate == 1) {
      return SampledClasses.all(range.from(), range.to());
    }
    LongOpenHashSet positives = new LongOpenHashSet(ids, Hash.FAST_LOAD_FACTOR);
    LongArrayList drawn = new LongArrayList();
    for (long cls : positives.toLongArray()) {
      keep(cls, drawn);
    }
    Permutation order = new Permutation(classes, seed + 0x9e3779b97f4a7c15L * (step + 1));
    long negatives = Math.max(0, budget(classes, rate) - positives.size());
    AtomicLong missing = new AtomicLong();
    workers.run(
        negatives,
        (from, to) -> {
          LongArrayList some = new LongArrayList();
          for (long i = from; i < to; i++) {
            long cls = order.at(i);
            if (positives.contains(cls)) {
              missing.incrementAndGet();
            } else {
              keep(cls, some);
            }
          }
          synchronized (drawn) {
            drawn.addAll(some);
          }
        });
    // As many more as were positives.
    long next = negatives;
    for (long left = missing.get(); left > 0; next++) {
      long cls = order.at(next);
      if (!positives.contains(cls)) {
        keep(cls, drawn);
        left--;
      }
    }
    // Ascending rows are read from memory and from mapped files in one direction.
    return SampledClasses.of(sorted(drawn.toLongArray(), range.to()));
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

  private void keep(long cls, LongArrayList drawn) {
    if (range.contains(cls)) {
      drawn.add(cls);
    }
  }
}
