package ffc.idgroup;

/**
 * Hash table long → non-negative int of a fixed maximal size that only grows: open addressing,
 * linear probing, at most half full. Key and value lie side by side, so that a look-up touches one
 * cache line. Not thread-safe for writers; readers may share a table that nobody writes.
 */
final class LongIntTable {
  /** Cell i is (key, value + 1) at 2i and 2i + 1; a second word of 0 marks an empty cell. */
  private final long[] cells;

  private final int shift;
  private final int mask;

  /**
   * @param maxEntries most entries the table will hold, in [0, 2^28]
   */
  LongIntTable(int maxEntries) {
    int bits = Math.max(2, 33 - Integer.numberOfLeadingZeros(Math.max(1, maxEntries) - 1));
    shift = 64 - bits;
    mask = (1 << bits) - 1;
    cells = new long[2 << bits];
  }

  private int home(long key) {
    // Fibonacci hashing of the folded key: consecutive identities spread, as do strided ones.
    return (int) (((key ^ (key >>> 32)) * 0x9E3779B97F4A7C15L) >>> shift);
  }

  /** The value of the key, or -1. */
  int get(long key) {
    long[] c = cells;
    for (int i = home(key); ; i = (i + 1) & mask) {
      long value = c[2 * i + 1];
      if (value == 0) {
        return -1;
      }
      if (c[2 * i] == key) {
        return (int) (value - 1);
      }
    }
  }

  /** Adds a key that is absent, or gives a present one another value. */
  void put(long key, int value) {
    long[] c = cells;
    int i = home(key);
    while (c[2 * i + 1] != 0 && c[2 * i] != key) {
      i = (i + 1) & mask;
    }
    c[2 * i] = key;
    c[2 * i + 1] = value + 1L;
  }
}
