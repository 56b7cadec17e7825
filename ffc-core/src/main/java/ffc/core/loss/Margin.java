package ffc.core.loss;

import ai.djl.ndarray.NDArray;
import java.util.function.Function;

/**
 * The margin of a softmax loss: how the cosine of a sample to its own class is made harder, with
 * the derivative of that change. Most act on the target alone, some re-weight hard negatives too.
 * Works in the precision of its input.
 */
@FunctionalInterface
public interface Margin extends MarginRule {
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

  /** This margin with another change of the targets; the negatives are changed as before. */
  default Margin withTarget(Function<NDArray, Target> change) {
    Margin margin = this;
    return new Margin() {
      @Override
      public Target target(NDArray targetB) {
        return change.apply(targetB);
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
    };
  }

  /** A plain margin is the same for all samples. */
  @Override
  default Margin of(Samples samples, double[] state) {
    return this;
  }

  @Override
  default boolean seesSamples() {
    return false;
  }

  /**
   * The margin that a configuration names, for a loss that has nothing but cosines.
   *
   * @throws IllegalArgumentException if it depends on more
   */
  static Margin of(MarginConfig config) {
    if (config.create() instanceof Margin margin) {
      return margin;
    }
    throw new IllegalArgumentException(
        config + " depends on more than cosines, which this loss does not give it");
  }
}
