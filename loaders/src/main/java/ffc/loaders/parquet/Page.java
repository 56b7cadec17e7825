package ffc.loaders.parquet;

import java.io.IOException;

/**
 * The values of a page, one a row.
 *
 * @param bytes what images and texts are parts of; null for numbers, and for images that lie in the
 *     file unpacked
 * @param origin offset in the file that such images' parts are counted from
 * @param values numbers, or {@link #part parts}
 * @param nulls rows without a value, or null if each has one
 */
record Page(byte[] bytes, long origin, long[] values, boolean[] nulls) {
  /** What an entry of a cache costs beside its arrays. */
  private static final int ENTRY_BYTES = 200;

  private static final int LENGTH_BITS = 31;

  /** Offset and length in one number. */
  static long part(int offset, int length) {
    return (long) offset << LENGTH_BITS | length;
  }

  static int length(long part) {
    return (int) (part & ((1L << LENGTH_BITS) - 1));
  }

  static int offset(long part) {
    return (int) (part >>> LENGTH_BITS);
  }

  int rows() {
    return values.length;
  }

  boolean isNull(int row) {
    return nulls != null && nulls[row];
  }

  /** A row's value, which must be there. */
  long value(int row) throws IOException {
    if (isNull(row)) {
      throw new IOException("is null");
    }
    return values[row];
  }

  /** Bytes of heap. */
  int weight() {
    long sum = ENTRY_BYTES + 8L * values.length;
    sum += bytes == null ? 0 : bytes.length;
    sum += nulls == null ? 0 : nulls.length;
    return (int) Math.min(Integer.MAX_VALUE, sum);
  }
}
