package ffc.pfc.triplet;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import ffc.core.method.Footprint;
import ffc.core.method.JointForward;
import ffc.core.method.MethodConfig;
import ffc.core.method.StepSizes;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.Positive;

/** Settings of the method {@code triplet}. */
@RecordBuilder
public record TripletConfig(
    @JsonPropertyDescription("triplet") String type,
    @Positive
        @JsonPropertyDescription(
            "Margin between the squared distances of unit embeddings (default 0.2)")
        Double margin)
    implements MethodConfig {

  public TripletConfig {
    type = type == null ? "triplet" : type;
    margin = margin == null ? 0.2 : margin;
  }

  @Override
  public Footprint footprint(StepSizes sizes) {
    return JointForward.withSecondSide(
        Triplet.footprint(2 * sizes.pairsOfSlice()), sizes.network(), sizes.pairsOfSlice());
  }
}
