package ffc.core.eval;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Similarities of random impostor pairs: where those of all pairs lie, about. */
final class ImpostorSample {
  private static final int PAIRS = 400_000;

  private final float[] sorted;

  private ImpostorSample(float[] sorted) {
    this.sorted = sorted;
  }

  /** Draws pairs; the same ones for the same set. */
  static ImpostorSample of(Embeddings embeddings) {
    SplittableRandom random = new SplittableRandom(1);
    int n = embeddings.size();
    int dim = embeddings.dim();
    float[] rows = new float[2 * dim];
    float[] cosines = new float[PAIRS];
    int kept = 0;
    for (int i = 0; i < PAIRS; i++) {
      int a = random.nextInt(n);
      int b = random.nextInt(n);
      if (embeddings.label(a) == embeddings.label(b)) {
        continue;
      }
      embeddings.read(a, 1, rows, 0);
      embeddings.read(b, 1, rows, dim);
      float sum = 0;
      for (int k = 0; k < dim; k++) {
        sum += rows[k] * rows[dim + k];
      }
      cosines[kept++] = sum;
    }
    float[] sorted = Arrays.copyOf(cosines, kept);
    Arrays.sort(sorted);
    return new ImpostorSample(sorted);
  }

  /**
   * A similarity that about this share of the impostor pairs exceeds; −2 if none was drawn.
   *
   * @param share in (0, 1)
   */
  double exceededBy(double share) {
    return sorted.length == 0 ? -2 : sorted[sorted.length - 1 - (int) (share * sorted.length)];
  }

  float[] similarities() {
    return sorted;
  }
}
