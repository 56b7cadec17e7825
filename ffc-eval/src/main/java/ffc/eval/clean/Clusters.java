package ffc.eval.clean;

import ffc.engine.InnerProduct;
import ffc.eval.embedding.Embeddings;
import java.util.Arrays;
import java.util.stream.IntStream;

/** One identity's images, linked where they are similar: its largest cluster and the rest. */
final class Clusters {
  private final int[] rows;
  private final float[] values;
  private final int dim;
  private final int[] cluster;
  private final int largest;
  private final boolean contested;

  private Clusters(int[] rows, float[] values, int dim, int[] cluster) {
    this.rows = rows;
    this.values = values;
    this.dim = dim;
    this.cluster = cluster;
    int[] sizes = new int[rows.length];
    for (int root : cluster) {
      sizes[root]++;
    }
    int best = 0;
    for (int root = 1; root < sizes.length; root++) {
      best = sizes[root] > sizes[best] ? root : best;
    }
    int size = sizes[best];
    this.largest = best;
    this.contested = Arrays.stream(sizes).filter(s -> s == size).count() > 1;
  }

  static Clusters of(Embeddings embeddings, int[] rows, double link) {
    int dim = embeddings.dim();
    float[] values = new float[Math.multiplyExact(rows.length, dim)];
    for (int i = 0; i < rows.length; i++) {
      embeddings.read(rows[i], 1, values, i * dim);
    }
    int[] cluster = IntStream.range(0, rows.length).toArray();
    for (int a = 0; a < rows.length; a++) {
      for (int b = 0; b < a; b++) {
        if (cluster[a] != cluster[b] && cosine(values, a, b, dim) > link) {
          int from = Math.max(cluster[a], cluster[b]);
          int to = Math.min(cluster[a], cluster[b]);
          for (int i = 0; i <= a; i++) {
            cluster[i] = cluster[i] == from ? to : cluster[i];
          }
        }
      }
    }
    return new Clusters(rows, values, dim, cluster);
  }

  static double cosine(float[] values, int a, int b, int dim) {
    return InnerProduct.exact(values, a * dim, values, b * dim, dim);
  }

  /** Whether another cluster is as large as the largest; then every image is in doubt. */
  boolean contested() {
    return contested;
  }

  /** Rows in doubt: those outside of the largest cluster, or all if it is contested. */
  int[] outside() {
    return IntStream.range(0, rows.length)
        .filter(i -> contested && rows.length > 1 || cluster[i] != largest)
        .map(i -> rows[i])
        .toArray();
  }

  /** Rows whose mean is the identity's: the largest cluster, or all if it is contested. */
  int[] centre() {
    return IntStream.range(0, rows.length)
        .filter(i -> contested || cluster[i] == largest)
        .map(i -> rows[i])
        .toArray();
  }
}
