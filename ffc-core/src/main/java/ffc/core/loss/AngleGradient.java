package ffc.core.loss;

import ai.djl.ndarray.NDArray;

/** What a margin that changes the angle makes of the gradient. */
public enum AngleGradient {
  /** The slope of the value. */
  exact,
  /** Slope 1, as InsightFace's code has it. */
  detached;

  /** A margin with this gradient. */
  Margin of(Margin exact) {
    return this == detached ? new Detached(exact) : exact;
  }

  /**
   * A margin whose change of the target counts as a constant: the same value, slope 1. InsightFace
   * computes its angular margins so, under {@code torch.no_grad()}.
   */
  private record Detached(Margin margin) implements Margin {
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
