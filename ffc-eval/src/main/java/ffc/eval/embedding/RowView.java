package ffc.eval.embedding;

import java.util.stream.IntStream;

/** A view of some rows of other embeddings, in an order of its own. */
public final class RowView implements Embeddings {
  private final Embeddings inner;
  private final int[] order;

  /**
   * @param order rows of {@code inner}, in the order of the view; kept
   */
  public RowView(Embeddings inner, int[] order) {
    this.inner = inner;
    this.order = order;
  }

  /** All rows, those of one identity together; the embeddings themselves if they are so already. */
  public static Embeddings sorted(Embeddings embeddings) {
    int n = embeddings.size();
    boolean sorted = true;
    for (int i = 1; sorted && i < n; i++) {
      sorted = embeddings.label(i - 1) <= embeddings.label(i);
    }
    return sorted
        ? embeddings
        : new RowView(
            embeddings,
            IntStream.range(0, n)
                .boxed()
                .sorted((a, b) -> Long.compare(embeddings.label(a), embeddings.label(b)))
                .mapToInt(Integer::intValue)
                .toArray());
  }

  /** Number of a row of {@link #sorted} in the embeddings that were sorted. */
  public static int original(Embeddings sorted, int row) {
    return sorted instanceof RowView view ? view.order[row] : row;
  }

  @Override
  public int size() {
    return order.length;
  }

  @Override
  public int dim() {
    return inner.dim();
  }

  @Override
  public long label(int row) {
    return inner.label(order[row]);
  }

  @Override
  public void read(int from, int count, float[] out, int outOffset) {
    for (int i = 0; i < count; i++) {
      inner.read(order[from + i], 1, out, outOffset + i * dim());
    }
  }
}
