package ffc.pfc.softmax;

import ffc.core.loss.ArcFace;
import ffc.core.loss.Combined;
import ffc.core.loss.CosFace;
import ffc.core.loss.Margin;
import ffc.core.loss.Sv;
import java.util.Random;

/**
 * The loss of samples and class centres as its formula says it, in double precision, and its slopes
 * by central differences.
 */
final class NaiveSoftmax {
  private NaiveSoftmax() {}

  private static final double SCALE = SampledSoftmaxTest.SCALE;

  static double slope(double[][] e, double[][] u, long[] ids, int k, double[] changed, int i) {
    double kept = changed[i];
    changed[i] = kept + 1e-6;
    double up = closest(e, u, ids, k);
    changed[i] = kept - 1e-6;
    double down = closest(e, u, ids, k);
    changed[i] = kept;
    return (up - down) / 2e-6;
  }

  /** Sub-center ArcFace's maximum, class by class, under a margin of 0.4. */
  static double closest(double[][] e, double[][] u, long[] ids, int k) {
    double total = 0;
    for (int b = 0; b < e.length; b++) {
      double sum = 0;
      double own = 0;
      for (int cls = 0; cls < u.length / k; cls++) {
        double c = -1;
        for (int j = 0; j < k; j++) {
          c = Math.max(c, dot(e[b], u[cls * k + j]));
        }
        double logit = SCALE * (cls == ids[b] ? c - 0.4 : c);
        own = cls == ids[b] ? logit : own;
        sum += Math.exp(logit);
      }
      total += Math.log(sum) - own;
    }
    return total / 7;
  }

  /** Central difference of the loss; NaN where it jumps (a negative becomes hard, or ignored). */
  static double difference(
      Margin margin,
      Double threshold,
      double[][] e,
      double[][] u,
      int[] targets,
      double[] changed,
      int i) {
    double wide = quotient(margin, threshold, e, u, targets, changed, i, 1e-6);
    double narrow = quotient(margin, threshold, e, u, targets, changed, i, 2.5e-7);
    return Math.abs(wide - narrow) > 1e-5 ? Double.NaN : wide;
  }

  private static double quotient(
      Margin margin,
      Double threshold,
      double[][] e,
      double[][] u,
      int[] targets,
      double[] changed,
      int i,
      double step) {
    double kept = changed[i];
    changed[i] = kept + step;
    double up = loss(margin, threshold, e, u, targets);
    changed[i] = kept - step;
    double down = loss(margin, threshold, e, u, targets);
    changed[i] = kept;
    return (up - down) / (2 * step);
  }

  static double loss(Margin margin, Double threshold, double[][] e, double[][] u, int[] targets) {
    return loss(margin, threshold, e, u, targets, SCALE);
  }

  static double loss(
      Margin margin, Double threshold, double[][] e, double[][] u, int[] targets, double scale) {
    double total = 0;
    for (int b = 0; b < e.length; b++) {
      double p = dot(e[b], u[targets[b]]);
      double own = scale * target(margin, p);
      double sum = Math.exp(own);
      for (int k = 0; k < u.length; k++) {
        if (k != targets[b]) {
          double c = dot(e[b], u[k]);
          if (threshold == null || c <= threshold) {
            if (margin instanceof Sv sv && c > p - sv.m()) {
              c = sv.t() * c + sv.t() - 1;
            }
            sum += Math.exp(scale * c);
          }
        }
      }
      total += Math.log(sum) - own;
    }
    return total / 7;
  }

  private static double target(Margin margin, double c) {
    if (margin instanceof CosFace m) {
      return c - m.m();
    }
    if (margin instanceof ArcFace m) {
      double angle = Math.acos(c) + m.m();
      return angle > Math.PI ? c - m.m() * Math.sin(m.m()) : Math.cos(angle);
    }
    if (margin instanceof Combined m) {
      double angle = m.m1() * Math.acos(c) + m.m2();
      return (angle > Math.PI ? -1 - (angle - Math.PI) : Math.cos(angle)) - m.m3();
    }
    Sv sv = (Sv) margin;
    return c > sv.m() ? c - sv.m() : c;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  static double[] unit(Random random, int n) {
    float[] v = new float[n];
    for (int i = 0; i < n; i++) {
      v[i] = (float) random.nextGaussian();
    }
    return normalised(v);
  }

  static double[] normalised(float[] v) {
    double[] u = new double[v.length];
    double squares = 0;
    for (float x : v) {
      squares += (double) x * x;
    }
    for (int i = 0; i < v.length; i++) {
      u[i] = v[i] / Math.sqrt(squares);
    }
    return u;
  }
}
