package ffc.loaders.sample;

/**
 * Counter-based random numbers: a pure function of a key and what it is for, so that a batch does
 * not depend on what was drawn before it. The mixer is variant 13 of Stafford's 64-bit finalisers.
 */
public final class Keyed {
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private Keyed() {}

  /** A well mixed 64-bit number of one word. */
  public static long mix(long x) {
    x = (x ^ (x >>> 30)) * 0xbf58476d1ce4e5b9L;
    x = (x ^ (x >>> 27)) * 0x94d049bb133111ebL;
    return x ^ (x >>> 31);
  }

  /** A 64-bit number of a key and one word. */
  public static long hash(long key, long word) {
    return mix(mix(key + GOLDEN) ^ mix(word + 2 * GOLDEN) * 3);
  }

  public static long hash(long key, long first, long second) {
    return hash(hash(key, first), second);
  }

  public static long hash(long key, long first, long second, long third) {
    return hash(hash(key, first, second), third);
  }

  /**
   * A number in [0, bound) of 64 random bits, by multiplication: its bias is below bound / 2^63.
   *
   * @param bound at least 1, below 2^62
   */
  public static long below(long random, long bound) {
    return Math.multiplyHigh(random >>> 1, bound << 1);
  }
}
