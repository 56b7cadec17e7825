package ffc.eval.clean;

import ffc.eval.embedding.ArrayEmbeddings;
import ffc.eval.embedding.Embeddings;
import java.util.Arrays;

/**
 * Unit means of groups of rows, worked out whenever they are read: four bytes of memory a row and a
 * mean, where the means themselves would take 4 GB for two million identities of 512 dimensions.
 */
final class Means implements Embeddings {
  private final Embeddings rows;
  private final int[] members;
  private final int[] starts;
  private final long[] labels;

  /**
   * @param members rows, those of one mean together; kept
   * @param starts where the members of each mean begin, and their number; kept
   * @param labels of the means; kept
   */
  Means(Embeddings rows, int[] members, int[] starts, long[] labels) {
    this.rows = rows;
    this.members = members;
    this.starts = starts;
    this.labels = labels;
  }

  /** Single rows, scaled again. */
  static Means of(Embeddings rows, int[] members) {
    int[] starts = new int[members.length + 1];
    Arrays.setAll(starts, i -> i);
    return new Means(rows, members, starts, new long[members.length]);
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public int dim() {
    return rows.dim();
  }

  @Override
  public long label(int row) {
    return labels[row];
  }

  @Override
  public void read(int from, int count, float[] out, int outOffset) {
    int dim = dim();
    float[] member = new float[dim];
    for (int mean = from; mean < from + count; mean++) {
      int at = outOffset + (mean - from) * dim;
      Arrays.fill(out, at, at + dim, 0);
      for (int i = starts[mean]; i < starts[mean + 1]; i++) {
        rows.read(members[i], 1, member, 0);
        for (int k = 0; k < dim; k++) {
          out[at + k] += member[k];
        }
      }
      ArrayEmbeddings.normalise(out, at, dim, mean);
    }
  }
}
