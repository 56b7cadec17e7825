package ffc.idgroup;

/**
 * Identity → slot by open addressing with linear probing, no tombstones, at most a quarter full. A
 * cell is 8 bytes, half of them the identity's hash; the identity itself is read from the slot's
 * node, which a hit touches anyway. Measured: docs/decisions/020-slot-table.md.
 */
final class SlotIndex {
  /** (hash << 32) | (slot + 1); 0 marks an empty cell. */
  private final long[] cells;

  private final int shift;
  private final int mask;

  /** Identity of slot s at 2s, as {@link SlotTable} keeps it. */
  private final long[] nodes;

  SlotIndex(int capacity, long[] nodes) {
    int bits = Math.max(2, 34 - Integer.numberOfLeadingZeros(Math.max(1, capacity) - 1));
    shift = 32 - bits;
    mask = (1 << bits) - 1;
    cells = new long[1 << bits];
    this.nodes = nodes;
  }

  /** Fibonacci hashing of the folded identity: consecutive ones spread, as do strided ones. */
  static int hash(long id) {
    return (int) (((id ^ (id >>> 32)) * 0x9E3779B97F4A7C15L) >>> 32);
  }

  /** The slot of the identity with this hash, or -1. */
  int find(long id, int hash) {
    long[] c = cells;
    for (int i = hash >>> shift; ; i = (i + 1) & mask) {
      long cell = c[i];
      if (cell == 0) {
        return -1;
      }
      if ((int) (cell >>> 32) == hash) {
        int slot = (int) cell - 1;
        if (nodes[2 * slot] == id) {
          return slot;
        }
      }
    }
  }

  /** Adds an identity that is absent. */
  void add(int hash, int slot) {
    int i = hash >>> shift;
    while (cells[i] != 0) {
      i = (i + 1) & mask;
    }
    cells[i] = ((long) hash << 32) | (slot + 1L);
  }

  /** Removes the present identity of this slot. */
  void remove(int hash, int slot) {
    long[] c = cells;
    long wanted = ((long) hash << 32) | (slot + 1L);
    int hole = hash >>> shift;
    while (c[hole] != wanted) {
      hole = (hole + 1) & mask;
    }
    // Shift later members of the probe run back, so that no tombstones accumulate.
    for (int i = (hole + 1) & mask; c[i] != 0; i = (i + 1) & mask) {
      int home = (int) (c[i] >>> 32) >>> shift;
      if (((i - home) & mask) >= ((i - hole) & mask)) {
        c[hole] = c[i];
        hole = i;
      }
    }
    c[hole] = 0;
  }
}
