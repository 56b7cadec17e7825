package ffc.loaders.table;

import com.google.common.hash.HashCode;
import com.google.common.hash.Hashing;
import java.nio.ByteBuffer;

/**
 * What rows of an identity that is named by a text are sorted by. Numbers come first, in their
 * order; other texts follow in the order of a 128-bit hash (equal hashes of different texts would
 * merge them: one in 10^22 for 10^8 texts).
 */
public record TextKey(long key1, long key2) {
  private static final int MOST_DIGITS = 18;

  /** The key of a part of an array. */
  public static TextKey of(byte[] text, int from, int length) {
    long number = number(text, from, length);
    if (number >= 0) {
      return new TextKey(0, number);
    }
    HashCode hash = Hashing.murmur3_128().hashBytes(text, from, length);
    ByteBuffer halves = ByteBuffer.wrap(hash.asBytes());
    return new TextKey(halves.getLong() >>> 1 | 1L << 62, halves.getLong()); // behind all numbers
  }

  /** A number as it is usually written, without sign or leading zeros; -1 for any other text. */
  private static long number(byte[] text, int from, int length) {
    if (length == 0 || length > MOST_DIGITS || (length > 1 && text[from] == '0')) {
      return -1;
    }
    long value = 0;
    for (int i = from; i < from + length; i++) {
      if (text[i] < '0' || text[i] > '9') {
        return -1;
      }
      value = 10 * value + text[i] - '0';
    }
    return value;
  }
}
