package ffc.loaders.parquet;

import java.io.IOException;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.format.Type;

/**
 * Values stored as differences:
 *
 * <pre>
 * DELTA_BINARY_PACKED     = varints: numbers of a block, parts of a block, numbers in all; the first; block*
 * block                   = the least difference, u8 width of each part, parts
 * part                    = numbers of the width: difference to the number before, less the least one
 * DELTA_LENGTH_BYTE_ARRAY = lengths as DELTA_BINARY_PACKED, the bytes of all values
 * DELTA_BYTE_ARRAY        = how many bytes each has in common with the one before, as
 *                           DELTA_BINARY_PACKED, the others as DELTA_LENGTH_BYTE_ARRAY
 * </pre>
 *
 * Numbers with a sign are varints of 2n, or of -2n - 1.
 */
final class Deltas {
  private static final int LONGEST_VARINT = 63;
  private static final int WIDEST = 64;

  /** Bytes that texts with common beginnings may come to. */
  private static final int MOST_BYTES = 1 << 28;

  private final byte[] bytes;
  private int at;

  private Deltas(byte[] bytes, int at) {
    this.bytes = bytes;
    this.at = at;
  }

  /**
   * What was read.
   *
   * @param bytes that the values are parts of; null for numbers
   */
  record Values(long[] values, byte[] bytes) {}

  /** Reads the values that begin at an offset. */
  static Values read(Encoding encoding, Type type, byte[] bytes, int from, int count)
      throws IOException {
    Deltas deltas = new Deltas(bytes, from);
    boolean numbers = encoding == Encoding.DELTA_BINARY_PACKED;
    if (numbers == (type == Type.BYTE_ARRAY)) {
      throw damaged();
    }
    if (numbers) {
      long[] values = deltas.numbers(count);
      for (int i = 0; type == Type.INT32 && i < count; i++) {
        values[i] = (int) values[i]; // differences may have gone around
      }
      return new Values(values, null);
    }
    return encoding == Encoding.DELTA_LENGTH_BYTE_ARRAY
        ? new Values(deltas.parts(count), bytes)
        : deltas.texts(count);
  }

  private long[] parts(int count) throws IOException {
    long[] parts = numbers(count);
    for (int i = 0; i < count; i++) {
      if (parts[i] < 0 || parts[i] > bytes.length - at) {
        throw damaged();
      }
      int length = (int) parts[i];
      parts[i] = Page.part(at, length);
      at += length;
    }
    return parts;
  }

  private Values texts(int count) throws IOException {
    long[] common = numbers(count);
    long[] parts = parts(count);
    long total = 0;
    long before = 0;
    for (int i = 0; i < count; i++) {
      if (common[i] < 0 || common[i] > before) {
        throw damaged();
      }
      before = common[i] + Page.length(parts[i]);
      total += before;
      if (total > MOST_BYTES) {
        throw new IOException("page of texts of more than %d bytes".formatted(MOST_BYTES));
      }
    }
    byte[] texts = new byte[(int) total];
    long[] values = new long[count];
    int end = 0;
    int last = 0;
    for (int i = 0; i < count; i++) {
      int own = Page.length(parts[i]);
      int start = end;
      System.arraycopy(texts, last, texts, start, (int) common[i]);
      System.arraycopy(bytes, Page.offset(parts[i]), texts, start + (int) common[i], own);
      end = start + (int) common[i] + own;
      values[i] = Page.part(start, end - start);
      last = start;
    }
    return new Values(values, texts);
  }

  private long[] numbers(int count) throws IOException {
    long block = varint();
    long inBlock = varint();
    long all = varint();
    long number = signed();
    if (inBlock <= 0 || block <= 0 || block % inBlock != 0 || block / inBlock % 8 != 0) {
      throw damaged();
    }
    if (all != count) {
      throw new IOException("%d numbers in a page of %d values".formatted(all, count));
    }
    long[] numbers = new long[count];
    int done = 0;
    if (count > 0) {
      numbers[done++] = number;
    }
    long each = block / inBlock;
    while (done < count) {
      long least = signed();
      int widths = at;
      if (inBlock > bytes.length - at) {
        throw damaged();
      }
      at += (int) inBlock;
      for (int part = 0; part < inBlock && done < count; part++) {
        int width = bytes[widths + part] & 0xff;
        if (width > WIDEST || each / 8 * width > bytes.length - at) {
          throw damaged();
        }
        long end = Math.min(count, done + each);
        for (long bit = 8L * at; done < end; done++, bit += width) {
          number += least + Runs.bits(bytes, bit, width);
          numbers[done] = number;
        }
        at += (int) (each / 8 * width);
      }
    }
    return numbers;
  }

  private long varint() throws IOException {
    long value = 0;
    for (int shift = 0; shift <= LONGEST_VARINT; shift += 7) {
      if (at >= bytes.length) {
        throw damaged();
      }
      byte b = bytes[at++];
      value |= (b & 0x7fL) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw damaged();
  }

  private long signed() throws IOException {
    long value = varint();
    return value >>> 1 ^ -(value & 1);
  }

  private static IOException damaged() {
    return new IOException("differences of values are damaged");
  }
}
