package ffc.loaders.parquet;

import java.io.IOException;

/**
 * Small numbers of a fixed width in runs, as levels and places in a dictionary are stored:
 *
 * <pre>
 * runs    = run*
 * run     = varint of 2 x count, the number in whole bytes         (count times the same)
 *         | varint of 2 x groups + 1, groups of 8 numbers, packed from the lowest bit on
 * </pre>
 */
final class Runs {
  private static final int WIDEST = 32;

  private Runs() {}

  /**
   * Reads numbers from a part of an array.
   *
   * @param width bits of a number
   * @param most the largest that is right; others end the reading
   */
  static int[] read(byte[] bytes, int from, int to, int width, int count, int most)
      throws IOException {
    if (width > WIDEST || from > to || to > bytes.length) {
      throw new IOException("runs of numbers are damaged");
    }
    int[] numbers = new int[count];
    int at = from;
    int done = 0;
    while (done < count) {
      long head = 0;
      int shift = 0;
      do {
        if (at >= to || shift > WIDEST) {
          throw new IOException("runs of numbers end after %d of %d".formatted(done, count));
        }
        head |= (bytes[at] & 0x7fL) << shift;
        shift += 7;
      } while (bytes[at++] < 0);
      long length = head >>> 1;
      if ((head & 1) == 0) {
        int size = (width + 7) / 8;
        if (size > to - at || length == 0) {
          throw new IOException("runs of numbers are damaged");
        }
        long number = 0;
        for (int i = 0; i < size; i++) {
          number |= (bytes[at++] & 0xffL) << 8 * i;
        }
        check(number, most);
        int end = (int) Math.min(count, done + length);
        java.util.Arrays.fill(numbers, done, end, (int) number);
        done = end;
      } else {
        if (length == 0 || length * width > to - at) {
          throw new IOException("runs of numbers are damaged");
        }
        int end = (int) Math.min(count, done + 8 * length);
        long bit = 8L * at;
        for (; done < end; done++, bit += width) {
          numbers[done] = (int) bits(bytes, bit, width);
          check(numbers[done] & 0xffff_ffffL, most);
        }
        at += (int) (length * width);
      }
    }
    return numbers;
  }

  private static void check(long number, int most) throws IOException {
    if (number > most) {
      throw new IOException("number %d where %d is the largest".formatted(number, most));
    }
  }

  /** A number of up to 64 bits at a place counted in bits from the lowest of the first byte. */
  static long bits(byte[] bytes, long at, int width) {
    long number = 0;
    for (int have = 0; have < width; ) {
      long bit = at + have;
      int skip = (int) (bit & 7);
      int take = Math.min(8 - skip, width - have);
      long part = (bytes[(int) (bit >>> 3)] & 0xff) >>> skip & (1 << take) - 1;
      number |= part << have;
      have += take;
    }
    return number;
  }
}
