package ffc.loaders.source;

import ffc.loaders.sample.Keyed;

/**
 * How many images each synthetic identity has.
 *
 * @param identities number of identities, at least 1
 * @param mean mean number of images, at least 1
 * @param tail shape of the distribution
 * @param seed changes both the numbers and the pictures
 */
public record SyntheticSpec(long identities, double mean, Tail tail, long seed) {
  private static final int MOST_IMAGES = 1000;

  /** Distribution of the number of images: a power law from 1 to 1,000, or the same for all. */
  public enum Tail {
    zipf,
    constant
  }

  public SyntheticSpec {
    if (identities < 1 || identities > 1L << 40) {
      throw new IllegalArgumentException(identities + " identities, wanted 1 to 2^40");
    }
    if (!(mean >= 1) || mean > 100) {
      throw new IllegalArgumentException("mean of " + mean + " images, wanted 1 to 100");
    }
  }

  /** The text that {@link Synthetic#parse} reads. */
  public String description() {
    return "ids=%d;mean=%s;tail=%s;seed=%d".formatted(identities, mean, tail, seed);
  }

  /** Number of images by identity. */
  public interface Counts {
    int of(long identity);
  }

  /** The numbers, evaluated one by one: a function of seed and identity. */
  public Counts counts() {
    if (tail == Tail.constant) {
      int count = (int) Math.round(mean);
      return identity -> count;
    }
    double[] cumulative = cumulative(exponent(mean));
    return identity -> {
      double u = (Keyed.hash(seed, identity) >>> 11) * 0x1p-53;
      int low = 1;
      int high = MOST_IMAGES;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (cumulative[middle] > u) {
          high = middle;
        } else {
          low = middle + 1;
        }
      }
      return low;
    };
  }

  /** The exponent a of P(n) ∝ n^-a on 1..1000 whose mean is as wanted, by bisection. */
  private static double exponent(double mean) {
    double low = -1;
    double high = 60;
    for (int i = 0; i < 100; i++) {
      double middle = (low + high) / 2;
      double[] p = cumulative(middle);
      double found = 0;
      for (int n = 1; n <= MOST_IMAGES; n++) {
        found += n * (p[n] - p[n - 1]);
      }
      if (found > mean) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return (low + high) / 2;
  }

  private static double[] cumulative(double exponent) {
    double[] sum = new double[MOST_IMAGES + 1];
    for (int n = 1; n <= MOST_IMAGES; n++) {
      sum[n] = sum[n - 1] + StrictMath.pow(n, -exponent);
    }
    for (int n = 0; n <= MOST_IMAGES; n++) {
      sum[n] /= sum[MOST_IMAGES];
    }
    return sum;
  }
}
