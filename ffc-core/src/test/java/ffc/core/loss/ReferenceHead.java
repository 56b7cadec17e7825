package ffc.core.loss;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

// B images, E embedding, K slots

/**
 * The loss of one pass and one head with its gradient, naive and in double precision: the oracle of
 * the head that runs on the device.
 *
 * @param margin margin and scale
 * @param freshWeight weight of the term of fresh identities
 * @param hardNegatives highest cosines of a fresh sample that the term lowers
 * @param guarded whether arcface falls back to cosθ − m·sin m beyond θ + m = π
 */
record ReferenceHead(MarginConfig margin, double freshWeight, int hardNegatives, boolean guarded) {

  /**
   * Loss and gradient of a pass.
   *
   * @param existing term of the samples whose identity is in the group
   * @param fresh weighted term of the others
   * @param gradientBE of both terms together with respect to the raw probe features
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Result(double existing, double fresh, double[][] gradientBE) {
    double loss() {
      return existing + fresh;
    }
  }

  /**
   * Computes a pass.
   *
   * @param probeBE raw probe features, normalised here
   * @param slotB slot of each sample's identity, -1 = fresh
   * @param weightsKE class features, unit rows
   * @param columns slots that count, the prefix [0, columns)
   */
  Result loss(double[][] probeBE, int[] slotB, double[][] weightsKE, int columns) {
    int existing = (int) Arrays.stream(slotB).filter(s -> s >= 0).count();
    int fresh = slotB.length - existing;
    double existingLoss = 0;
    double freshLoss = 0;
    double[][] gradient = new double[probeBE.length][];
    for (int b = 0; b < probeBE.length; b++) {
      double norm = Math.sqrt(dot(probeBE[b], probeBE[b]));
      double[] unit = Arrays.stream(probeBE[b]).map(v -> v / norm).toArray();
      double[] cosK = new double[columns];
      for (int k = 0; k < columns; k++) {
        cosK[k] = dot(unit, weightsKE[k]);
      }
      double[] byCosK = new double[columns];
      if (slotB[b] >= 0) {
        existingLoss += crossEntropy(cosK, slotB[b], existing, byCosK);
      } else {
        freshLoss += freshTerm(cosK, fresh, byCosK);
      }
      gradient[b] = throughNormalisation(unit, norm, byCosK, weightsKE);
    }
    return new Result(existingLoss, freshLoss, gradient);
  }

  private double crossEntropy(double[] cosK, int target, int existing, double[] byCosK) {
    int n = cosK.length;
    double[] logits = new double[n];
    double[] slopes = new double[n];
    for (int k = 0; k < n; k++) {
      double c = cosK[k];
      double[] valueAndSlope = k == target ? target(c) : other(c, cosK[target]);
      logits[k] = margin.scale() * valueAndSlope[0];
      slopes[k] = margin.scale() * valueAndSlope[1];
    }
    double max = Arrays.stream(logits).max().orElseThrow();
    double sum = Arrays.stream(logits).map(l -> Math.exp(l - max)).sum();
    for (int k = 0; k < n; k++) {
      double p = Math.exp(logits[k] - max) / sum;
      byCosK[k] = (p - (k == target ? 1 : 0)) * slopes[k] / existing;
    }
    return (max + Math.log(sum) - logits[target]) / existing;
  }

  /** The target's logit before scaling, and its derivative. */
  private double[] target(double c) {
    double theta = Math.acos(Math.max(-1, Math.min(1, c)));
    double sin = Math.sqrt(Math.max(0, 1 - c * c));
    if (margin instanceof CosFace.Config cosface) {
      return new double[] {c - cosface.margin(), 1};
    }
    if (margin instanceof Sv.Config sv) {
      return new double[] {c > sv.margin() ? c - sv.margin() : c, 1};
    }
    if (margin instanceof ArcFace.Config arcface) {
      double m = arcface.margin();
      return guarded && theta + m > Math.PI
          ? new double[] {c - m * Math.sin(m), 1}
          : new double[] {Math.cos(theta + m), Math.sin(theta + m) / sin};
    }
    if (margin instanceof Combined.Config combined) {
      double angle = combined.m1() * theta + combined.m2();
      return new double[] {Math.cos(angle) - combined.m3(), combined.m1() * Math.sin(angle) / sin};
    }
    assertThat(margin).isInstanceOf(NormFace.Config.class);
    return new double[] {c, 1};
  }

  private double[] other(double c, double positive) {
    if (margin instanceof Sv.Config sv && c > positive - sv.margin()) {
      return new double[] {sv.t() * c + sv.t() - 1, sv.t()};
    }
    return new double[] {c, 1};
  }

  private double freshTerm(double[] cosK, int fresh, double[] byCosK) {
    int h = Math.min(hardNegatives, cosK.length);
    int[] highest =
        IntStream.range(0, cosK.length)
            .boxed()
            .sorted(Comparator.comparingDouble(k -> -cosK[k]))
            .limit(h)
            .mapToInt(k -> k)
            .toArray();
    double sum = 0;
    for (int k : highest) {
      if (cosK[k] > 0) {
        sum += cosK[k];
        byCosK[k] = freshWeight / (fresh * (double) h);
      }
    }
    return h == 0 ? 0 : freshWeight * sum / (fresh * (double) h);
  }

  private static double[] throughNormalisation(
      double[] unit, double norm, double[] byCosK, double[][] weightsKE) {
    double[] byUnit = new double[unit.length];
    for (int k = 0; k < byCosK.length; k++) {
      for (int e = 0; e < unit.length; e++) {
        byUnit[e] += byCosK[k] * weightsKE[k][e];
      }
    }
    double along = dot(byUnit, unit);
    double[] byRaw = new double[unit.length];
    for (int e = 0; e < unit.length; e++) {
      byRaw[e] = (byUnit[e] - along * unit[e]) / norm;
    }
    return byRaw;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
