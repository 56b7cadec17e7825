package ffc.eval.roc;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The ROC curve of scored pairs as scikit-learn's {@code roc_curve} gives it: one point a distinct
 * score from the highest down, (0, 0) first, points in the middle of straight lines left out.
 */
public final class ScoreRoc {
  private final double[] far;
  private final double[] tar;

  private ScoreRoc(double[] far, double[] tar) {
    this.far = far;
    this.tar = tar;
  }

  /**
   * Builds the curve.
   *
   * @param scores higher is more alike
   * @param same whether a pair is genuine
   * @throws IllegalArgumentException if either kind of pair is missing or a score is not finite
   */
  public static ScoreRoc of(float[] scores, boolean[] same) {
    int n = scores.length;
    long[] keys = new long[n];
    int genuine = 0;
    for (int i = 0; i < n; i++) {
      if (!Float.isFinite(scores[i])) {
        throw new IllegalArgumentException(
            "pair " + i + ": got score " + scores[i] + ", wanted a finite number");
      }
      // An order-preserving integer in the upper half, the pair's kind in the lowest bit.
      int bits = Float.floatToIntBits(scores[i] + 0f);
      keys[i] = ((long) (bits ^ (bits >> 31 & 0x7fffffff)) << 1) | (same[i] ? 1 : 0);
      genuine += same[i] ? 1 : 0;
    }
    if (genuine == 0 || genuine == n) {
      throw new IllegalArgumentException(
          "a ROC curve needs genuine and impostor pairs, got " + genuine + " and " + (n - genuine));
    }
    Arrays.sort(keys);
    long[] falses = new long[n];
    long[] trues = new long[n];
    int points = 0;
    long trueSoFar = 0;
    for (int i = n - 1; i >= 0; i--) {
      trueSoFar += keys[i] & 1;
      if (i == 0 || keys[i - 1] >> 1 != keys[i] >> 1) {
        trues[points] = trueSoFar;
        falses[points] = n - i - trueSoFar;
        points++;
      }
    }
    double[] far = new double[points + 1];
    double[] tar = new double[points + 1];
    int kept = 1;
    for (int i = 0; i < points; i++) {
      if (i == 0 || i == points - 1 || bends(falses, i) || bends(trues, i)) {
        far[kept] = (double) falses[i] / (n - genuine);
        tar[kept] = (double) trues[i] / genuine;
        kept++;
      }
    }
    return new ScoreRoc(Arrays.copyOf(far, kept), Arrays.copyOf(tar, kept));
  }

  private static boolean bends(long[] counts, int i) {
    return counts[i + 1] - counts[i] != counts[i] - counts[i - 1];
  }

  /** The true accept rate at the point whose false accept rate is nearest, the higher of equals. */
  public double tarNearest(double wanted) {
    int best = far.length - 1;
    for (int i = far.length - 1; i >= 0; i--) {
      if (Math.abs(far[i] - wanted) < Math.abs(far[best] - wanted)) {
        best = i;
      }
    }
    return tar[best];
  }

  /** Points by rising false accept rate. */
  public List<EvalResult.RocPoint> points() {
    List<EvalResult.RocPoint> points = new ArrayList<>(far.length);
    for (int i = 0; i < far.length; i++) {
      points.add(new EvalResult.RocPoint(far[i], tar[i]));
    }
    return points;
  }
}
