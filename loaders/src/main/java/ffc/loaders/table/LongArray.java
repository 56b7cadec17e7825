package ffc.loaders.table;

/** Random access to 64-bit numbers, on the heap or in a mapped file. Thread-safe reads. */
public interface LongArray {
  long length();

  /** The number at {@code index} in [0, length()). */
  long get(long index);

  /** A view of a heap array; not copied. */
  static LongArray of(long[] values) {
    return new LongArray() {
      @Override
      public long length() {
        return values.length;
      }

      @Override
      public long get(long index) {
        return values[Math.toIntExact(index)];
      }
    };
  }
}
