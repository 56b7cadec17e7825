package ffc.loaders.sample;

/**
 * A keyed bijection on [0, n) that is evaluated index by index: the order of an epoch in no memory.
 * Four rounds of odd multiplication, xor-shift and addition permute the next power of two; results
 * outside [0, n) are permuted again until they fall inside (cycle walking, fewer than two
 * evaluations on average).
 */
public final class Permutation {
  private final long n;
  private final long mask;
  private final int shift;
  private final long m0;
  private final long m1;
  private final long m2;
  private final long m3;
  private final long a0;
  private final long a1;
  private final long a2;
  private final long a3;

  /**
   * @param n size, in [1, 2^62]
   * @param key any number; different keys give unrelated orders
   */
  public Permutation(long n, long key) {
    if (n < 1 || n > 1L << 62) {
      throw new IllegalArgumentException("permutation of " + n + " elements, wanted 1 to 2^62");
    }
    this.n = n;
    int bits = Math.max(1, 64 - Long.numberOfLeadingZeros(n - 1));
    this.mask = (1L << bits) - 1;
    this.shift = (bits + 1) / 2;
    m0 = Keyed.hash(key, 0) | 1;
    m1 = Keyed.hash(key, 1) | 1;
    m2 = Keyed.hash(key, 2) | 1;
    m3 = Keyed.hash(key, 3) | 1;
    a0 = Keyed.hash(key, 4);
    a1 = Keyed.hash(key, 5);
    a2 = Keyed.hash(key, 6);
    a3 = Keyed.hash(key, 7);
  }

  /** Number of elements. */
  public long size() {
    return n;
  }

  /** The element at a place of the order, both in [0, n). */
  public long at(long index) {
    if (index < 0 || index >= n) {
      throw new IndexOutOfBoundsException("index " + index + " of a permutation of " + n);
    }
    long x = index;
    do {
      x = (x * m0 + a0) & mask;
      x ^= x >>> shift;
      x = (x * m1 + a1) & mask;
      x ^= x >>> shift;
      x = (x * m2 + a2) & mask;
      x ^= x >>> shift;
      x = (x * m3 + a3) & mask;
      x ^= x >>> shift;
    } while (x >= n);
    return x;
  }
}
