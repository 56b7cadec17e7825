package ffc.idgroup;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Row-major matrix [count, dim] on the host. Shared and mutable: whoever hands one out says who may
 * write it. The program's are of {@code float}s; who computes with rows asks them and does not look
 * at the type of their elements.
 */
public interface Rows {
  /** Number of rows. */
  int count();

  /** Length of a row. */
  int dim();

  /** Bytes of an element, which tell the precision. */
  int elementBytes();

  /** A zero matrix of this precision and row length, on the Java heap. */
  Rows create(int count);

  /**
   * Copies row {@code row} to row {@code targetRow} of {@code target}.
   *
   * @param target of the same precision and row length
   */
  void copyRow(int row, Rows target, int targetRow);

  /**
   * The weighted update: {@code target ← normalise(keep·this + (1 − keep)·news)} on one row each,
   * or the row of {@code news} itself where the norm of the sum is below 1e-6. The sum of squares
   * runs in double precision and a fixed order: every machine gets the same bits.
   */
  void blendRow(int row, double keep, Rows news, int newsRow, Rows target, int targetRow);

  /** Whether every element of a row is finite. */
  boolean isFinite(int row);

  /** A 64-bit hash of a row's bits. */
  long hashRow(int row);

  /** Puts a row's elements into a buffer, in the buffer's byte order. */
  void write(int row, ByteBuffer out);

  /** Takes a row's elements from a buffer, as {@link #write(int, ByteBuffer)} put them. */
  void read(int row, ByteBuffer in);

  /** Writes rows [from, to), little-endian, row after row. */
  default void write(DataOutput out, int from, int to) throws IOException {
    ByteBuffer one = littleEndianRow();
    for (int row = from; row < to; row++) {
      write(row, one.clear());
      out.write(one.array());
    }
  }

  /** Reads rows [from, to) as {@link #write(DataOutput, int, int)} wrote them. */
  default void read(DataInput in, int from, int to) throws IOException {
    ByteBuffer one = littleEndianRow();
    for (int row = from; row < to; row++) {
      in.readFully(one.array());
      read(row, one.clear());
    }
  }

  private ByteBuffer littleEndianRow() {
    return ByteBuffer.allocate(elementBytes() * dim()).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * The length of a backing array.
   *
   * @throws IllegalArgumentException if it is no array length
   */
  static int elements(int count, int dim) {
    if (count < 0 || dim < 1 || (long) count * dim > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "matrix of "
              + count
              + " x "
              + dim
              + " elements: wanted at least 0 rows of at least 1 and at most "
              + (Integer.MAX_VALUE - 8)
              + " elements together; lower method.capacity or model.embedding");
    }
    return count * dim;
  }
}
