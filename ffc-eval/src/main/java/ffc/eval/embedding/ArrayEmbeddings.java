package ffc.eval.embedding;

import ffc.engine.InnerProduct;

/** Embeddings in one array on the heap: up to 2^31 - 1 values. */
public final class ArrayEmbeddings implements Embeddings {
  private final float[] values;
  private final int dim;
  private final long[] labels;

  private ArrayEmbeddings(float[] values, int dim, long[] labels) {
    this.values = values;
    this.dim = dim;
    this.labels = labels;
  }

  /**
   * Wraps rows, scaling each to unit length in place.
   *
   * @param values f32 [labels.length, dim]; kept and changed
   * @param dim length of a row
   * @param labels identity of each row; kept
   * @throws IllegalArgumentException if the sizes do not fit, or a row is not finite
   */
  public static ArrayEmbeddings normalising(float[] values, int dim, long[] labels) {
    if (dim < 1 || values.length != (long) dim * labels.length) {
      throw new IllegalArgumentException(
          "embeddings: got "
              + values.length
              + " values, wanted "
              + labels.length
              + " labels x "
              + dim
              + " dimensions");
    }
    for (int row = 0; row < labels.length; row++) {
      normalise(values, row * dim, dim, row);
    }
    return new ArrayEmbeddings(values, dim, labels);
  }

  /**
   * Scales one row to unit length, in place; a zero row stays zero.
   *
   * @param row its number, for the message
   * @throws IllegalArgumentException if it is not finite
   */
  public static void normalise(float[] values, int from, int dim, int row) {
    double squares = InnerProduct.exact(values, from, values, from, dim);
    if (!Double.isFinite(squares)) {
      throw new IllegalArgumentException(
          "embeddings: row " + row + " holds NaN or an infinite value; wanted finite numbers");
    }
    if (squares > 0) {
      double norm = Math.sqrt(squares);
      for (int i = from; i < from + dim; i++) {
        values[i] = (float) (values[i] / norm);
      }
    }
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public int dim() {
    return dim;
  }

  @Override
  public long label(int row) {
    return labels[row];
  }

  @Override
  public void read(int from, int count, float[] out, int outOffset) {
    System.arraycopy(values, from * dim, out, outOffset, count * dim);
  }
}
