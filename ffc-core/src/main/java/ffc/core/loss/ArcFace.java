package ffc.core.loss;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Positive;

/**
 * cos(θ + m) (ArcFace, Deng et al. 2019), with its own derivative sin(θ + m) / sin θ. With the
 * guard, an angle that the margin would push beyond π gets cos θ − m sin m instead, so that the
 * loss stays monotonic.
 */
public record ArcFace(double m, boolean guarded) implements Margin {
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

  /** Settings of {@code margin: {type: arcface}}. */
  @RecordBuilder
  public record Config(
      @DecimalMin("0")
          @DecimalMax("1.5708")
          @JsonPropertyDescription("m, added to the angle in radians (default 0.5)")
          Double margin,
      @Positive @JsonPropertyDescription("Scale s of the logits (default 32)") Double scale,
      @JsonPropertyDescription(
              "exact (default; the gradient goes through the angle, slope sin(angle + m) /"
                  + " sin(angle)) or detached (the margin shifts the cosine without gradient, slope"
                  + " 1, as InsightFace's code has it)")
          AngleGradient angleGradient)
      implements MarginConfig {
    public Config {
      margin = margin == null ? 0.5 : margin;
      scale = scale == null ? 32.0 : scale;
      angleGradient = angleGradient == null ? AngleGradient.exact : angleGradient;
    }

    @Override
    public Margin create() {
      return angleGradient.of(new ArcFace(margin, true));
    }
  }
}
