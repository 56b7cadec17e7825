package ffc.core.loss;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Positive;

/** cos θ − m (CosFace, Wang et al. 2018). */
public record CosFace(double m) implements Margin {
  @Override
  public Target target(NDArray targetB) {
    return new Target(targetB.sub(m), targetB.onesLike());
  }

  /** Settings of {@code margin: {type: cosface}}. */
  @RecordBuilder
  public record Config(
      @DecimalMin("0")
          @DecimalMax("1")
          @JsonPropertyDescription("m, subtracted from the cosine (default 0.4)")
          Double margin,
      @Positive @JsonPropertyDescription("Scale s of the logits (default 32)") Double scale)
      implements MarginConfig {
    public Config {
      margin = margin == null ? 0.4 : margin;
      scale = scale == null ? 32.0 : scale;
    }

    @Override
    public Margin create() {
      return new CosFace(margin);
    }
  }
}
