package ffc.pfc.partialfc;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.core.method.Footprint;
import ffc.core.optim.OptimizerConfig;
import ffc.pfc.classes.ClassCenters;
import ffc.pfc.classes.RowFlags;
import ffc.pfc.dcq.DynamicClassQueue;
import ffc.pfc.dcq.DynamicClassQueueConfig;
import ffc.pfc.dcq.DynamicClassQueueConfigBuilder;
import ffc.pfc.softmax.SampledSoftmax;
import ffc.pfc.triplet.Triplet;
import ffc.pfc.triplet.TripletConfigBuilder;
import ffc.pfc.virtualfc.VirtualFc;
import ffc.pfc.virtualfc.VirtualFcConfigBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The memory that methods say they take. */
class MethodFootprintTest extends MethodSteps {
  @Test
  void footprintsCountWhatIsKept() {
    OptimizerConfig sgd = optimizer(OptimizerConfig.Type.sgd);
    PartialFcConfig memory = PartialFcConfigBuilder.builder().sampleRate(0.1).build();
    PartialFcConfig full = PartialFcConfigBuilder.builder().sampleRate(1.0).build();
    PartialFcConfig mapped =
        PartialFcConfigBuilder.builder()
            .sampleRate(0.1)
            .storage(PartialFcConfig.Storage.mapped)
            .folder("x")
            .build();
    long rows = 4L * 1000 * 8;
    assertThat(PartialFc.footprint(memory, sgd, 1000, 8, 32, 1).parts())
        .isEqualTo(
            Map.of(
                "classes",
                rows + RowFlags.bytes(1000),
                "momenta",
                rows,
                "class_gradient",
                4L * 100 * 8,
                "sample",
                16L * 100,
                "logits",
                4L * 100 * 32 + 4L * 100 * (32 + 8)));
    assertThat(PartialFc.footprint(full, sgd, 1000, 8, 32, 1).parts())
        .doesNotContainKey("sample")
        .containsEntry("logits", 4L * 1000 * 32 + 4L * 1000 * (32 + 8));
    assertThat(PartialFc.footprint(mapped, sgd, 1000, 8, 32, 1).parts())
        .doesNotContainKey("momenta")
        .containsEntry("classes", RowFlags.bytes(1000));
    PartialFcConfig device =
        PartialFcConfigBuilder.builder()
            .sampleRate(0.1)
            .storage(PartialFcConfig.Storage.device)
            .build();
    Footprint onDevice = PartialFc.footprint(device, sgd, 1000, 8, 32, 1);
    assertThat(onDevice.host()).containsExactly("sample");
    assertThat(PartialFc.footprint(memory, sgd, 1000, 8, 32, 1).host())
        .containsExactly("classes", "momenta", "sample");
    assertThat(onDevice.parts())
        .containsEntry("device_classes", rows + RowFlags.bytes(1000))
        .containsEntry("device_momenta", rows)
        .containsEntry("class_gradient", 13L * 4 * 1000 * 8);
    // Three trainers of 334 classes at most, with 34 of a step; as many as samples at least.
    assertThat(PartialFc.footprint(memory, sgd, 1000, 8, 32, 3).parts())
        .containsEntry("classes", 4L * 334 * 8 + RowFlags.bytes(334))
        .containsEntry("sample", 16L * 34)
        .containsEntry("samples_of_all_trainers", 7L * 4 * 96 * 8);
    assertThat(PartialFc.footprint(memory, sgd, 1000, 8, 64, 3).parts())
        .containsEntry("sample", 16L * 64);
    assertThat(PartialFc.footprint(full, sgd, 1_000_000, 8, 100_000, 1).parts())
        .containsEntry(
            "logits", SampledSoftmax.KEPT_BYTES + 4L * ClassCenters.BLOCK * (100_000 + 8))
        .containsEntry("class_gradient", 4L * ClassCenters.BLOCK * 8);
    assertThat(PartialFc.tableBytes(sgd, 1000, 8, 1)).isEqualTo(2 * rows);
    assertThat(PartialFc.tableBytes(optimizer(OptimizerConfig.Type.adamw), 1000, 8, 3))
        .isEqualTo(334 * (3L * 4 * 8 + 4));

    assertThat(
            DynamicClassQueue.footprint(
                    DynamicClassQueueConfigBuilder.builder().capacity(100).build(), 8, 1000, 32)
                .parts())
        .isEqualTo(Map.of("queue", 4L * 132 * 8 + 800, "gallery", 4000L, "logits", 5L * 32 * 132));
    assertThat(
            VirtualFc.footprint(VirtualFcConfigBuilder.builder().columns(100).build(), 8, 32)
                .parts())
        .isEqualTo(Map.of("columns", 4L * 100 * 8 + 800, "logits", 5L * 16 * 100));
    assertThat(Triplet.footprint(32).parts()).isEqualTo(Map.of("logits", 20L * 32 * 32));

    long side = probe.size().activationBytes(4);
    DynamicClassQueueConfig dcq = DynamicClassQueueConfigBuilder.builder().capacity(12).build();
    try (Triplet whole = new Triplet(TripletConfigBuilder.builder().build(), context(1));
        Triplet sliced = new Triplet(TripletConfigBuilder.builder().build(), context(2));
        DynamicClassQueue queue = new DynamicClassQueue(dcq, context(2));
        VirtualFc virtual =
            new VirtualFc(VirtualFcConfigBuilder.builder().columns(9).build(), context(2));
        PartialFc partial = partialFc(0.5, null)) {
      assertThat(whole.footprint())
          .isEqualTo(Triplet.footprint(8).with("activations_second_side", side));
      assertThat(sliced.footprint().parts()).containsEntry("logits", 20L * 16);
      assertThat(queue.footprint().parts())
          .containsAllEntriesOf(
              DynamicClassQueue.footprint(dcq, E, probe.parameters().size(), 4).parts());
      assertThat(virtual.footprint().parts())
          .containsAllEntriesOf(
              VirtualFc.footprint(VirtualFcConfigBuilder.builder().columns(9).build(), E, 4)
                  .parts());
      assertThat(partial.footprint().parts())
          .containsEntry("activations_second_side", side)
          .containsEntry("sample", 16L * 20);
    }
  }
}
