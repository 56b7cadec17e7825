package ffc.core.net;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ffc.engine.Autograd;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunningStatisticsTest {
  @Test
  void aDroppedStepLeavesNoNanBehind() {
    Autograd.off();
    ModelConfig model =
        ModelConfigBuilder.builder()
            .backbone(ModelConfig.Backbone.iresnet)
            .input(List.of(1, 8, 8))
            .layers(List.of(1))
            .widths(List.of(4))
            .embedding(4)
            .build();
    try (NDManager manager = NDManager.newBaseManager();
        Encoder probe = Encoder.create(model, manager, 1, Precision.fp32)) {
      NDArray mean = probe.parameters().all().get("bn1.running_mean");
      float[] before = mean.toFloatArray();
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        RunningStatistics statistics = RunningStatistics.keep(true, probe, null);
        probe.features(manager.full(new Shape(2, 1, 8, 8), Float.NaN), Encoder.Mode.train);
        assertThat(mean.toFloatArray()).contains(Float.NaN);
        statistics.restore();
      }
      assertThat(mean.toFloatArray()).isEqualTo(before);
    }
  }
}
