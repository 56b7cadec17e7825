package ffc.pfc;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/** One bit a row: whether the row has been given its initial values. */
final class RowFlags {
  private final long[] words;
  private long set;

  RowFlags(long rows) {
    words = new long[Math.toIntExact((rows + 63) >>> 6)];
  }

  /** Bytes for a number of rows. */
  static long bytes(long rows) {
    return (rows + 63 >>> 6) * 8;
  }

  boolean get(long row) {
    return (words[(int) (row >>> 6)] >>> row & 1) != 0;
  }

  /** Sets a bit; false if it was set already. */
  boolean add(long row) {
    long bit = 1L << row;
    int word = (int) (row >>> 6);
    if ((words[word] & bit) != 0) {
      return false;
    }
    words[word] |= bit;
    set++;
    return true;
  }

  /** Number of bits set. */
  long count() {
    return set;
  }

  void save(DataOutputStream out) throws IOException {
    for (long word : words) {
      out.writeLong(word);
    }
  }

  void load(DataInputStream in) throws IOException {
    set = 0;
    for (int i = 0; i < words.length; i++) {
      words[i] = in.readLong();
      set += Long.bitCount(words[i]);
    }
  }
}
