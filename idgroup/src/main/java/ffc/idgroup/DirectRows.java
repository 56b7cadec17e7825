package ffc.idgroup;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * {@link Rows} of {@code float}s in memory that is not the Java heap's, such as an engine's own
 * matrix. Every operation brings the rows it needs onto the heap and works as {@link FloatRows}
 * does, so both give the same bits.
 */
public final class DirectRows implements Rows {
  private final int rowsPerBlock;
  private final int count;
  private final int dim;
  private List<FloatBuffer> blocks;

  /**
   * A matrix on the given memory, which somebody else owns.
   *
   * @param blocks row after row: all but the last of {@code rowsPerBlock} rows
   * @throws IllegalArgumentException if the blocks do not hold exactly {@code count} rows
   */
  public DirectRows(List<FloatBuffer> blocks, int rowsPerBlock, int count, int dim) {
    for (int i = 0; i < blocks.size(); i++) {
      long rows = Math.min(rowsPerBlock, count - (long) i * rowsPerBlock);
      if (blocks.get(i).capacity() != rows * dim) {
        throw new IllegalArgumentException(
            String.format(
                "block %d of a matrix of %d x %d: got %d elements, wanted %d",
                i, count, dim, blocks.get(i).capacity(), rows * dim));
      }
    }
    if (blocks.size() != (count + (long) rowsPerBlock - 1) / rowsPerBlock) {
      throw new IllegalArgumentException(
          String.format(
              "matrix of %d x %d: got %d blocks of %d rows",
              count, dim, blocks.size(), rowsPerBlock));
    }
    this.blocks = List.copyOf(blocks);
    this.rowsPerBlock = rowsPerBlock;
    this.count = count;
    this.dim = dim;
  }

  /** Says that the memory goes: every later use is an {@link IllegalStateException}. */
  public void release() {
    blocks = null;
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public int dim() {
    return dim;
  }

  @Override
  public int elementBytes() {
    return Float.BYTES;
  }

  /** A zero matrix on the heap. */
  @Override
  public FloatRows create(int newCount) {
    return new FloatRows(newCount, dim);
  }

  private FloatBuffer block(int row) {
    if (blocks == null) {
      throw new IllegalStateException("rows of a matrix that has been closed");
    }
    return blocks.get(row / rowsPerBlock);
  }

  private int at(int row) {
    return row % rowsPerBlock * dim;
  }

  /** Row {@code row} into {@code target}, from its element {@code at}. */
  void get(int row, float[] target, int at) {
    block(row).get(at(row), target, at, dim);
  }

  /** Row {@code row} out of {@code source}, from its element {@code at}. */
  void put(int row, float[] source, int at) {
    block(row).put(at(row), source, at, dim);
  }

  private FloatRows onHeap(int row) {
    FloatRows one = new FloatRows(1, dim);
    get(row, one.values(), 0);
    return one;
  }

  @Override
  public void copyRow(int row, Rows target, int targetRow) {
    if (target instanceof FloatRows heap) {
      get(row, heap.values(), targetRow * dim);
    } else {
      ((DirectRows) target).put(targetRow, onHeap(row).values(), 0);
    }
  }

  @Override
  public void blendRow(int row, double keep, Rows news, int newsRow, Rows target, int targetRow) {
    onHeap(row).blendRow(0, keep, news, newsRow, target, targetRow);
  }

  @Override
  public boolean isFinite(int row) {
    return onHeap(row).isFinite(0);
  }

  @Override
  public long hashRow(int row) {
    return onHeap(row).hashRow(0);
  }

  @Override
  public void write(int row, ByteBuffer out) {
    onHeap(row).write(0, out);
  }

  @Override
  public void read(int row, ByteBuffer in) {
    FloatRows one = new FloatRows(1, dim);
    one.read(0, in);
    put(row, one.values(), 0);
  }
}
