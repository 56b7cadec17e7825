package ffc.core.loss;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Positive;

/** cos(m1 θ + m2) − m3; beyond π the angle term continues as a straight line of slope −1. */
public record Combined(double m1, double m2, double m3) implements Margin {
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

  /** Settings of {@code margin: {type: combined}}. */
  @RecordBuilder
  public record Config(
      @Positive @JsonPropertyDescription("Scale s of the logits (default 32)") Double scale,
      @Positive @DecimalMax("10") @JsonPropertyDescription("Factor m1 of the angle (default 1)")
          Double m1,
      @DecimalMin("0")
          @DecimalMax("1.5708")
          @JsonPropertyDescription("m2, added to the angle in radians (default 0.3)")
          Double m2,
      @DecimalMin("0")
          @DecimalMax("1")
          @JsonPropertyDescription("m3, subtracted from the cosine (default 0.2)")
          Double m3,
      @JsonPropertyDescription(
              "exact (default; the gradient goes through the angle) or detached (the margin shifts"
                  + " the cosine without gradient, slope 1, as InsightFace's code has it)")
          AngleGradient angleGradient)
      implements MarginConfig {
    public Config {
      scale = scale == null ? 32.0 : scale;
      m1 = m1 == null ? 1.0 : m1;
      m2 = m2 == null ? 0.3 : m2;
      m3 = m3 == null ? 0.2 : m3;
      angleGradient = angleGradient == null ? AngleGradient.exact : angleGradient;
    }

    @Override
    public Margin create() {
      return angleGradient.of(new Combined(m1, m2, m3));
    }
  }
}
