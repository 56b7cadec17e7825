package ffc.core.loss;

import ai.djl.ndarray.NDArray;

/** What a margin that changes the angle makes of the gradient. */
public enum AngleGradient {
  /** The slope of the value. */
  exact,
  /** Slope 1, as InsightFace's code has it. */
  detached;

  /**
   * A margin with this gradient. Detached, the change of the target counts as a constant: the same
   * value, slope 1. InsightFace computes its angular margins so, under {@code torch.no_grad()}.
   */
  Margin of(Margin exact) {
    if (this == AngleGradient.exact) {
      return exact;
    }
    return exact.withTarget(
        targetB -> {
          NDArray value = exact.target(targetB).valueB();
          return new Margin.Target(value, value.onesLike());
        });
  }
}
