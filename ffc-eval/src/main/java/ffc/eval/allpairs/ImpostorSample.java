package ffc.eval.allpairs;

import ffc.engine.InnerProduct;
import ffc.eval.embedding.Embeddings;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Similarities of random impostor pairs: where those of all pairs lie, about. */
public final class ImpostorSample {
  private static final int PAIRS = 1 << 21;

  private final float[] sorted;

  private ImpostorSample(float[] sorted) {
    this.sorted = sorted;
  }

  /** Draws pairs; the same ones for the same set. */
  public static ImpostorSample of(Embeddings embeddings) {
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
      cosines[kept++] = InnerProduct.of(rows, 0, rows, dim, dim);
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
  public double exceededBy(double share) {
    int index = sorted.length - 1 - (int) (share * sorted.length);
    return index < 0 ? -2 : sorted[index];
  }

  /**
   * A similarity that more than this share of all impostor pairs exceeds, unless the sample is off
   * by more than ten standard deviations.
   */
  public double surelyExceededBy(double share) {
    return exceededBy(share + 10 * Math.sqrt(share / Math.max(1, sorted.length)));
  }

  /** The share of the sample above a similarity. */
  public double shareAbove(double similarity) {
    int low = 0;
    int high = sorted.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sorted[middle] > similarity) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return (double) (sorted.length - low) / Math.max(1, sorted.length);
  }

  public float[] similarities() {
    return sorted;
  }
}
