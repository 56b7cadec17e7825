package ffc.pfc.dcq;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import ffc.core.loss.MarginConfig;
import ffc.core.method.Footprint;
import ffc.core.method.JointForward;
import ffc.core.method.MethodConfig;
import ffc.core.method.StepSizes;
import ffc.core.net.MomentumEncoder;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Positive;

/** Settings of the method {@code dcq}. */
@RecordBuilder
public record DynamicClassQueueConfig(
    @JsonPropertyDescription("dcq") String type,
    @Positive @JsonPropertyDescription("Features K in the queue (default 10000)") Integer capacity,
    @DecimalMin("0")
        @DecimalMax("1")
        @JsonPropertyDescription("m in gallery <- m gallery + (1 - m) probe (default 0.99)")
        Double galleryMomentum,
    @JsonPropertyDescription("Batch norm of the gallery: batch (default) or ema")
        MomentumEncoder.BatchNorm galleryBatchNorm,
    @JsonPropertyDescription("Margin softmax of a query over its own key and the queue")
        MarginConfig margin)
    implements MethodConfig {

  public DynamicClassQueueConfig {
    type = type == null ? "dcq" : type;
    capacity = capacity == null ? 10_000 : capacity;
    galleryMomentum = galleryMomentum == null ? 0.99 : galleryMomentum;
    galleryBatchNorm =
        galleryBatchNorm == null ? MomentumEncoder.BatchNorm.batch : galleryBatchNorm;
    margin = margin == null ? MarginConfig.standard() : margin;
  }

  @Override
  public Footprint footprint(StepSizes sizes) {
    return JointForward.withSecondSide(
        DynamicClassQueue.footprint(
            this, sizes.embedding(), sizes.network().weights(), 2 * sizes.pairsOfSlice()),
        sizes.network(),
        sizes.pairsOfSlice());
  }
}
