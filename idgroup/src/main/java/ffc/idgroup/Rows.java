package ffc.idgroup;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Row-major matrix [count, dim] on the host, in single or double precision. Shared and mutable:
 * whoever hands one out says who may write it.
 */
public sealed interface Rows permits FloatRows, DirectRows, DoubleRows {
  /** Number of rows. */
  int count();

  /** Length of a row. */
  int dim();

  /** Whether the elements are {@code double}s; {@code float}s otherwise. */
  default boolean isDouble() {
    return this instanceof DoubleRows;
  }

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

  /** Writes rows [from, to), little-endian, row after row. */
  void write(DataOutput out, int from, int to) throws IOException;

  /** Reads rows [from, to) as {@link #write} wrote them. */
  void read(DataInput in, int from, int to) throws IOException;

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
