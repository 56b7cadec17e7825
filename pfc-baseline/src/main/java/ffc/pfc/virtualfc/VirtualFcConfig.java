package ffc.pfc.virtualfc;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import ffc.core.loss.MarginConfig;
import ffc.core.method.Footprint;
import ffc.core.method.JointForward;
import ffc.core.method.MethodConfig;
import ffc.core.method.StepSizes;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.Positive;

/** Settings of the method {@code virtual-fc}. */
@RecordBuilder
public record VirtualFcConfig(
    @JsonPropertyDescription("virtual-fc") String type,
    @Positive
        @JsonPropertyDescription(
            "Columns G of the classifier; identity i has column i mod G (default 10000)")
        Integer columns,
    @JsonPropertyDescription("Margin softmax over the filled columns") MarginConfig margin)
    implements MethodConfig {

  public VirtualFcConfig {
    type = type == null ? "virtual-fc" : type;
    columns = columns == null ? 10_000 : columns;
    margin = margin == null ? MarginConfig.standard() : margin;
  }

  @Override
  public Footprint footprint(StepSizes sizes) {
    return JointForward.withSecondSide(
        VirtualFc.footprint(this, sizes.embedding(), 2 * sizes.pairsOfSlice()),
        sizes.network(),
        sizes.pairsOfSlice());
  }
}
