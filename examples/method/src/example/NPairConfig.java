package example;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import ffc.core.method.Footprint;
import ffc.core.method.MethodConfig;
import ffc.core.method.StepSizes;
import jakarta.validation.constraints.Positive;
import java.util.Map;

/** Settings of the method {@code n-pair}. */
public record NPairConfig(
    @JsonPropertyDescription("n-pair") String type,
    @Positive @JsonPropertyDescription("Scale s of the cosines (default 32)") Double scale)
    implements MethodConfig {

  public NPairConfig {
    type = type == null ? "n-pair" : type;
    scale = scale == null ? 32.0 : scale;
  }

  /** Every default. */
  static NPairConfig standard() {
    return new NPairConfig(null, null);
  }

  /** Cosines of the batch's sides and the mask of what is no negative; both sides are in memory. */
  @Override
  public Footprint footprint(StepSizes sizes) {
    long pairs = sizes.pairsOfSlice();
    return new Footprint(Map.of("logits", (4L + 1) * pairs * pairs))
        .with("activations_second_side", sizes.network().activationBytes(pairs));
  }
}
