package ffc.pfc.triplet;

/**
 * Triplet loss with semi-hard negatives (Schroff et al. 2015) on a matrix of cosines. For unit
 * embeddings the squared distance is 2 − 2 cos. Every ordered pair (anchor, positive) of one
 * identity takes the nearest negative that is farther than the positive, or, if there is none, the
 * farthest negative; its loss is max(0, d(a, p) − d(a, n) + margin). The loss is the mean over all
 * pairs.
 */
final class SemiHardTriplets {

  /**
   * @param loss mean over the pairs, times the weight
   * @param cosineGradient d loss / d cosine [n, n], row = anchor
   * @param pairs pairs of anchor and positive that found a negative
   * @param active pairs with a loss above zero
   */
  record Result(double loss, float[] cosineGradient, int pairs, int active) {}

  private SemiHardTriplets() {}

  static Result of(float[] cosines, long[] ids, double margin, double weight) {
    int n = ids.length;
    int pairs = 0;
    int active = 0;
    double sum = 0;
    float[] gradient = new float[n * n];
    for (int a = 0; a < n; a++) {
      for (int p = 0; p < n; p++) {
        if (p == a || ids[p] != ids[a]) {
          continue;
        }
        int negative = negative(cosines, ids, a, p);
        if (negative < 0) {
          continue;
        }
        pairs++;
        double loss = 2.0 * cosines[a * n + negative] - 2.0 * cosines[a * n + p] + margin;
        if (loss > 0) {
          active++;
          sum += loss;
          gradient[a * n + negative] += 2;
          gradient[a * n + p] -= 2;
        }
      }
    }
    double factor = pairs == 0 ? 0 : weight / pairs;
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] = (float) (gradient[i] * factor);
    }
    return new Result(sum * factor, gradient, pairs, active);
  }

  /** The negative of a pair; −1 if the batch has no other identity. */
  private static int negative(float[] cosines, long[] ids, int anchor, int positive) {
    int n = ids.length;
    float limit = cosines[anchor * n + positive];
    int semiHard = -1;
    int farthest = -1;
    for (int k = 0; k < n; k++) {
      if (ids[k] == ids[anchor]) {
        continue;
      }
      float c = cosines[anchor * n + k];
      if (c < limit && (semiHard < 0 || c > cosines[anchor * n + semiHard])) {
        semiHard = k;
      }
      if (farthest < 0 || c < cosines[anchor * n + farthest]) {
        farthest = k;
      }
    }
    return semiHard >= 0 ? semiHard : farthest;
  }
}
