package ffc.eval.embedding;

import java.util.Random;

/** Noisy clusters of unit rows for tests. */
public final class RandomEmbeddings {
  private RandomEmbeddings() {}

  /** Rows of {@code identities} random directions plus noise, labels in random order. */
  public static ArrayEmbeddings clusters(long seed, int n, int dim, int identities, double noise) {
    Random random = new Random(seed);
    float[][] centres = new float[identities][dim];
    for (float[] centre : centres) {
      for (int k = 0; k < dim; k++) {
        centre[k] = (float) random.nextGaussian();
      }
    }
    float[] values = new float[n * dim];
    long[] labels = new long[n];
    for (int i = 0; i < n; i++) {
      int identity = random.nextInt(identities);
      labels[i] = 1_000_000_000_000L + identity;
      for (int k = 0; k < dim; k++) {
        values[i * dim + k] = (float) (centres[identity][k] + noise * random.nextGaussian());
      }
    }
    return ArrayEmbeddings.normalising(values, dim, labels);
  }

  public static double cosine(Embeddings embeddings, int a, int b) {
    float[] rows = new float[2 * embeddings.dim()];
    embeddings.read(a, 1, rows, 0);
    embeddings.read(b, 1, rows, embeddings.dim());
    double sum = 0;
    for (int k = 0; k < embeddings.dim(); k++) {
      sum += (double) rows[k] * rows[embeddings.dim() + k];
    }
    return sum;
  }
}
