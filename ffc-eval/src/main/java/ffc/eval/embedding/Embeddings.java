package ffc.eval.embedding;

/**
 * Labelled unit vectors, n x d, row major. Safe for any number of reading threads.
 *
 * <p>{@link ArrayEmbeddings} keeps them on the heap; {@link FileEmbeddings} reads a file where it
 * lies.
 */
public interface Embeddings {
  /** Rows, n. */
  int size();

  /** Length of a row, d. */
  int dim();

  /** Identity of a row. */
  long label(int row);

  /**
   * Copies rows.
   *
   * @param from first row
   * @param count rows to copy; {@code from + count <= size()}
   * @param out receives f32 [count, dim]
   * @param outOffset element of {@code out} that the first row starts at
   */
  void read(int from, int count, float[] out, int outOffset);
}
