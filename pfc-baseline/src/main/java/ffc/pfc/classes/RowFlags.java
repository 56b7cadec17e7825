package ffc.pfc.classes;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/** One bit a row: whether the row has been given its initial values. */
public final class RowFlags {
  private final long[] words;
  private long set;

  RowFlags(long rows) {
    words = new long[Math.toIntExact((rows + 63) >>> 6)];
  }

  /** Bytes for a number of rows. */
  public static long bytes(long rows) {
    return (rows + 63 >>> 6) * 8;
  }

  public boolean get(long row) {
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

  /** Bits set in [from, to). */
  long count(long from, long to) {
    long count = 0;
    for (long row = from; row < to; row++) {
      count += words[(int) (row >>> 6)] >>> row & 1;
    }
    return count;
  }

  /**
   * Sets the bits that others have.
   *
   * @param first row that bit 0 of the others stands for
   * @param rows number of their bits
   */
  void put(long first, RowFlags others, long rows) {
    for (long row = 0; row < rows; row++) {
      if (others.get(row)) {
        add(first + row);
      }
    }
  }

  /** Takes over the bits of others, of the same number of rows. */
  void set(RowFlags others) {
    System.arraycopy(others.words, 0, words, 0, words.length);
    set = others.set;
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
