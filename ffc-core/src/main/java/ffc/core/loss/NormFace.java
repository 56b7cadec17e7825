package ffc.core.loss;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.Positive;

/** The plain cosine (NormFace, Wang et al. 2017): {@link CosFace} with m = 0. */
public final class NormFace {
  private NormFace() {}

  /** Settings of {@code margin: {type: normface}}. */
  @RecordBuilder
  public record Config(
      @Positive @JsonPropertyDescription("Scale s of the logits (default 32)") Double scale)
      implements MarginConfig {
    public Config {
      scale = scale == null ? 32.0 : scale;
    }

    @Override
    public Margin create() {
      return new CosFace(0);
    }
  }
}
