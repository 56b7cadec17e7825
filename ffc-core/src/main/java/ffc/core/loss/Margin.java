package ffc.core.loss;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;

/**
 * The margin of a softmax loss: how the cosine of a sample to its own class is made harder, with
 * the derivative of that change. All families act on the target alone, except {@link Sv}, which
 * also re-weights hard negatives. Works in the precision of its input.
 */
public sealed interface Margin {
  // B rows, K columns (class features)

  /** Nearest distance of a cosine to ±1: the derivative of the angle is finite up to there. */
  double EDGE = 1e-6;

  /**
   * Cosines of the targets after the margin, and their derivative.
   *
   * @param valueB f [B]
   * @param slopeB d value / d cosine, f [B]
   */
  record Target(NDArray valueB, NDArray slopeB) {}

  /**
   * Applies the margin to the targets.
   *
   * @param targetB cosines to the own class, f32 or f64 [B]; not modified
   */
  Target target(NDArray targetB);

  /**
   * Applies the margin to the other cosines, in place.
   *
   * @param cosBK all cosines; those of the targets may be changed, the caller overwrites them
   * @param targetB cosines to the own class, as before
   * @return derivative of the change, f [B, K], or null if the cosines stay as they are
   */
  default NDArray negatives(NDArray cosBK, NDArray targetB) {
    return null;
  }

  /** Whether {@link #negatives} ever changes a cosine. */
  default boolean changesNegatives() {
    return false;
  }

  /** The largest value that the cosine of a negative can get, at least 1. */
  default double largestNegative() {
    return 1;
  }

  /** The margin that a configuration names. */
  static Margin of(MarginConfig config) {
    Margin exact = exact(config);
    return config.angleGradient() == MarginConfig.AngleGradient.detached
        ? new Detached(exact)
        : exact;
  }

  private static Margin exact(MarginConfig config) {
    return switch (config.type()) {
      case cosface -> new CosFace(config.margin());
      case arcface -> new ArcFace(config.margin(), true);
      case combined -> new Combined(config.m1(), config.m2(), config.m3());
      case sv -> new Sv(config.margin(), config.t());
      case normface -> new CosFace(0);
    };
  }

  /** cos θ − m (CosFace, Wang et al. 2018); m = 0 is NormFace. */
  record CosFace(double m) implements Margin {
    @Override
    public Target target(NDArray targetB) {
      return new Target(targetB.sub(m), targetB.onesLike());
    }
  }

  /**
   * cos(θ + m) (ArcFace, Deng et al. 2019), with its own derivative sin(θ + m) / sin θ. With the
   * guard, an angle that the margin would push beyond π gets cos θ − m sin m instead, so that the
   * loss stays monotonic.
   */
  record ArcFace(double m, boolean guarded) implements Margin {
    @Override
    public Target target(NDArray targetB) {
      NDArray c = targetB.clip(-1 + EDGE, 1 - EDGE);
      NDArray sine = c.square().neg().add(1).sqrt();
      NDArray value = c.mul(Math.cos(m)).sub(sine.mul(Math.sin(m)));
      NDArray slope = c.div(sine).mul(Math.sin(m)).add(Math.cos(m));
      if (!guarded) {
        return new Target(value, slope);
      }
      NDArray beyond = targetB.lte(Math.cos(Math.PI - m));
      return new Target(
          NDArrays.where(beyond, targetB.sub(m * Math.sin(m)), value),
          NDArrays.where(beyond, slope.onesLike(), slope));
    }
  }

  /** cos(m1 θ + m2) − m3; beyond π the angle term continues as a straight line of slope −1. */
  record Combined(double m1, double m2, double m3) implements Margin {
    @Override
    public Target target(NDArray targetB) {
      NDArray c = targetB.clip(-1 + EDGE, 1 - EDGE);
      NDArray sine = c.square().neg().add(1).sqrt();
      NDArray angle = c.acos().mul(m1).add(m2);
      NDArray beyond = angle.gt(Math.PI);
      NDArray value = NDArrays.where(beyond, angle.sub(Math.PI).neg().sub(1), angle.cos()).sub(m3);
      // dθ/dc = −1 / sin θ
      NDArray perAngle = NDArrays.where(beyond, angle.onesLike(), angle.sin());
      return new Target(value, perAngle.mul(m1).div(sine));
    }
  }

  /**
   * Support vector (Wang et al. 2018, SV-X-Softmax with additive margin): the target p becomes p −
   * m if p > m; every other cosine c above p − m becomes t c + t − 1.
   */
  record Sv(double m, double t) implements Margin {
    @Override
    public Target target(NDArray targetB) {
      return new Target(NDArrays.where(targetB.gt(m), targetB.sub(m), targetB), targetB.onesLike());
    }

    @Override
    public NDArray negatives(NDArray cosBK, NDArray targetB) {
      NDArray hard = cosBK.gt(targetB.sub(m).reshape(-1, 1)).toType(cosBK.getDataType(), false);
      // c + hard (t c + t − 1 − c) = c + hard (t − 1) (c + 1)
      NDArray change = cosBK.add(1).muli(hard).muli(t - 1);
      cosBK.addi(change);
      return hard.muli(t - 1).addi(1);
    }

    @Override
    public boolean changesNegatives() {
      return true;
    }

    @Override
    public double largestNegative() {
      return 2 * t - 1;
    }
  }

  /**
   * A margin whose change of the target counts as a constant: the same value, slope 1. InsightFace
   * computes its angular margins so, under {@code torch.no_grad()}.
   */
  record Detached(Margin margin) implements Margin {
    @Override
    public Target target(NDArray targetB) {
      NDArray value = margin.target(targetB).valueB();
      return new Target(value, value.onesLike());
    }

    @Override
    public NDArray negatives(NDArray cosBK, NDArray targetB) {
      return margin.negatives(cosBK, targetB);
    }

    @Override
    public boolean changesNegatives() {
      return margin.changesNegatives();
    }

    @Override
    public double largestNegative() {
      return margin.largestNegative();
    }
  }
}
