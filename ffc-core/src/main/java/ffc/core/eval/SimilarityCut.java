package ffc.core.eval;

import java.util.Arrays;
import java.util.SplittableRandom;

/** A similarity that about 1 impostor pair in 400 exceeds, estimated from random pairs. */
final class SimilarityCut {
  private static final int SAMPLE = 400_000;

  private SimilarityCut() {}

  /**
   * The cut. It only decides which pairs are binned one by one: 1e-3 of the impostors stay above it
   * unless the sample is off by more than ten standard deviations, and a rate that falls below it
   * anyway is left out, not wrong.
   */
  static double below(Embeddings embeddings) {
    SplittableRandom random = new SplittableRandom(1);
    int n = embeddings.size();
    int dim = embeddings.dim();
    float[] rows = new float[2 * dim];
    float[] cosines = new float[SAMPLE];
    for (int i = 0; i < SAMPLE; i++) {
      int a = random.nextInt(n);
      int b = random.nextInt(n);
      if (embeddings.label(a) == embeddings.label(b)) {
        cosines[i] = -1;
        continue;
      }
      embeddings.read(a, 1, rows, 0);
      embeddings.read(b, 1, rows, dim);
      float sum = 0;
      for (int k = 0; k < dim; k++) {
        sum += rows[k] * rows[dim + k];
      }
      cosines[i] = sum;
    }
    Arrays.sort(cosines);
    return cosines[SAMPLE - SAMPLE / 400];
  }
}
