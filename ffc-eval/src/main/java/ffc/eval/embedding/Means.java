package ffc.eval.embedding;

import java.util.Arrays;

/**
 * Means of groups of rows, scaled to length 1 or as they are, worked out whenever they are read:
 * four bytes of memory a row and a mean, where the means themselves would take 4 GB for two million
 * identities of 512 dimensions.
 */
public final class Means implements Embeddings {
  private final Embeddings rows;
  private final int[] members;
  private final int[] starts;
  private final long[] labels;
  private final boolean unit;

  private Means(Embeddings rows, int[] members, int[] starts, long[] labels, boolean unit) {
    this.rows = rows;
    this.members = members;
    this.starts = starts;
    this.labels = labels;
    this.unit = unit;
  }

  /**
   * Means scaled to length 1.
   *
   * @param members rows, those of one mean together; kept
   * @param starts where the members of each mean begin, and their number; kept
   * @param labels of the means; kept
   */
  public static Means unit(Embeddings rows, int[] members, int[] starts, long[] labels) {
    return new Means(rows, members, starts, labels, true);
  }

  /**
   * Means as they are: the product of two is the mean of the products of their members, each of one
   * with each of the other. No mean of unit rows is longer than 1. Parameters as of {@link #unit}.
   */
  public static Means plain(Embeddings rows, int[] members, int[] starts, long[] labels) {
    return new Means(rows, members, starts, labels, false);
  }

  /** Single rows, scaled again. */
  public static Means of(Embeddings rows, int[] members) {
    int[] starts = new int[members.length + 1];
    Arrays.setAll(starts, i -> i);
    return unit(rows, members, starts, new long[members.length]);
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
      if (unit) {
        ArrayEmbeddings.normalise(out, at, dim, mean);
      } else {
        int size = starts[mean + 1] - starts[mean];
        for (int k = 0; k < dim; k++) {
          out[at + k] /= size;
        }
      }
    }
  }
}
