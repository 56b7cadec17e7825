package ffc.runs.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ffc.core.ffc.FfcConfig;
import ffc.core.method.Footprint;
import ffc.core.method.RunConfig;
import ffc.core.net.Encoder;
import ffc.core.net.NetworkSize;
import ffc.pfc.partialfc.PartialFcConfig;
import ffc.pfc.partialfc.PartialFcConfigBuilder;
import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.Experiment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryPlanTest {
  private final Experiment experiment =
      new ConfigLoader().load(Path.of("../configs/quickstart.yaml"), List.of(), false);
  private final PartialFcConfig partial = PartialFcConfigBuilder.builder().sampleRate(0.1).build();
  private final PartialFcConfig full = PartialFcConfigBuilder.builder().sampleRate(1.0).build();

  @Test
  void classCentresGrowWithTheClassesAndTheGroupDoesNot() {
    MemoryPlan plan = new MemoryPlan(experiment, 1);
    Footprint million = plan.predict(partial, 1_000_000);
    assertThat(million.parts())
        .containsEntry("classes", 4L * 1_000_000 * 128 + 125_000)
        .containsEntry("momenta", 4L * 1_000_000 * 128)
        .containsEntry("class_gradient", 4L * 2048 * 128);
    assertThat(plan.predict(full, 1_000_000).parts())
        .containsEntry("class_gradient", 4L * 2048 * 128);
    FfcConfig ffc = (FfcConfig) experiment.method();
    assertThat(plan.predict(ffc, 1_000_000_000)).isEqualTo(plan.predict(ffc, 1000));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "backbone: iresnet, input: [1, 32, 32], layers: [1, 2], widths: [4, 8], embedding: 16",
        "backbone: mobilefacenet, embedding: 64",
        "backbone: r18, embedding: 32"
      })
  void aNetworkIsCountedAsItWouldBeBuilt(String model) {
    String yaml =
        """
        name: x
        data: {train: {format: synthetic, path: "ids=1000;mean=3"}}
        model: {%s}
        method: {type: ffc}
        optimizer: {learningRate: 0.1}
        run: {steps: 1}
        """
            .formatted(model);
    Experiment some =
        new ConfigLoader().parse("x", yaml.getBytes(StandardCharsets.UTF_8), List.of(), false);
    try (NDManager manager = NDManager.newBaseManager(Device.cpu());
        Encoder built = Encoder.create(some.model(), manager, 0, some.run().precision())) {
      assertThat(
              NetworkSize.of(
                      some.model(),
                      some.run().precision(),
                      false,
                      some.run().device() == RunConfig.Device.gpu)
                  .weights())
          .isEqualTo(built.parameters().size());
    }
  }

  /** Nothing is kept for the backward pass before the first part that is trained. */
  @Test
  void frozenPartsInFrontKeepNoActivations() {
    long free = activations();
    assertThat(activations("model.freeze=[layer4]")).isEqualTo(free);
    assertThat(activations("model.freeze=[trunk]", "model.freezeUntil=9")).isEqualTo(free);
    long stem = activations("model.freeze=[stem]");
    assertThat(stem).isLessThan(free);
    // conv1, bn1, prelu: 16 channels of 32x32, at 2.6 times 4 bytes, 128 images a side less half
    assertThat(free - stem).isEqualTo(Math.round(2.6 * 4 * 3 * 16 * 32 * 32 * 96));
    assertThat(activations("model.freeze=[trunk]")).isLessThan(stem / 20);
  }

  /** Of the quick start's network on a GPU: what goes into its blocks, and all of the largest. */
  @Test
  void activationsThatAreComputedOnceMoreAreCountedByBlocks() {
    long inputs = 32 * 32 + 16 * 32 * 32 + 16 * 16 * 16 + 32 * 8 * 8 + 64 * 4 * 4 + 128 * 2 * 2;
    long largest = 4 * 16 * 32 * 32 + 4 * 16 * 16 * 16;
    assertThat(activations("run.checkpointActivations=true", "run.device=gpu"))
        .isEqualTo(Math.round(4 * (inputs + 1.5 * largest) * 96));
    assertThat(
            activations("run.checkpointActivations=true", "run.device=gpu", "run.precision=bf16"))
        .isEqualTo(Math.round(2 * (inputs + 1.5 * largest) * 96));
    assertThat(activations("run.checkpointActivations=true")).isEqualTo(activations());
  }

  /**
   * Of a vision transformer of three blocks of 16 values on 16 tokens. Tokens pass from block to
   * block in f32, whatever the precision.
   */
  @Test
  void tokensAreCountedByAFactorOfTheirOwn() {
    String vit =
        "model={backbone: vit, input: [1, 32, 32], layers: [3], widths: [16], heads: 2, patch: 8,"
            + " embedding: 16}";
    int tokens = 16 * 16;
    // positions and squares; of a block norm, qkv, attention, proj; norm, fc1, relu6, fc2; the head
    long kept = 2 * tokens + 3 * (6 + 10) * tokens + 2 * tokens + 4 * 16;
    assertThat(activations(vit)).isEqualTo(Math.round(4 * 1.5 * kept * 96));
    assertThat(activations("run.precision=bf16")).isCloseTo(activations() / 2, within(1L));
    long inputs = 32 * 32 + 3 * 2 * tokens + 2 * tokens;
    assertThat(activations(vit, "run.precision=bf16"))
        .isEqualTo(Math.round(1.5 * (2 * kept + 2 * inputs) * 96));
    long largest = 10 * tokens;
    String again = "run.checkpointActivations=true";
    assertThat(activations(vit, again, "run.device=gpu"))
        .isEqualTo(Math.round((4 * inputs + 4 * 1.5 * largest) * 96));
    assertThat(activations(vit, again, "run.device=gpu", "run.precision=bf16"))
        .isEqualTo(Math.round((4 * inputs + 2 * 1.5 * largest) * 96));
  }

  private static long activations(String... settings) {
    Experiment some =
        new ConfigLoader().load(Path.of("../configs/quickstart.yaml"), List.of(settings), false);
    return new MemoryPlan(some, 1).predict(some.method(), 1000).parts().get("activations");
  }

  @Test
  void anAverageTakesAsMuchAsTheProbe() {
    Experiment averaged =
        new ConfigLoader()
            .load(
                Path.of("../configs/quickstart.yaml"),
                List.of("run.ema=0.999", "cluster={trainers: 2, sync: {every: 4}}"),
                false);
    MemoryPlan plan = new MemoryPlan(averaged, 2);
    Footprint predicted = plan.predict(averaged.method(), 1000);
    assertThat(predicted.parts())
        .containsEntry("ema", 4 * plan.weights())
        .containsEntry("averaging_copy", 16 * plan.weights());
    assertThat(predicted.host()).doesNotContain("ema");
    assertThat(new MemoryPlan(experiment, 1).predict(partial, 1000).parts())
        .doesNotContainKey("ema");
  }

  @Test
  void trainersShareTheClasses() {
    MemoryPlan four = new MemoryPlan(experiment, 4);
    assertThat(four.predict(partial, 1_000_000).parts())
        .containsEntry("momenta", 4L * 250_000 * 128);
  }

  @Test
  void severalTrainersHoldWhatTheyTellEachOther() {
    long weights = new MemoryPlan(experiment, 2).weights();
    assertThat(new MemoryPlan(experiment, 1).predict(partial, 1000).parts())
        .doesNotContainKeys("exchange_buffer", "averaging_copy");
    assertThat(new MemoryPlan(experiment, 2).predict(partial, 1000).parts())
        .containsEntry("exchange_buffer", 4 * weights)
        .doesNotContainKey("averaging_copy");
    Experiment local =
        new ConfigLoader()
            .load(
                Path.of("../configs/quickstart.yaml"),
                List.of("cluster={trainers: 2, sync: {every: 4}}"),
                false);
    assertThat(new MemoryPlan(local, 2).predict(local.method(), 1000).parts())
        .containsEntry("averaging_copy", 12 * weights); // probe, momentum and gallery
  }

  @Test
  void theLargestCountIsTheLastThatFits() {
    MemoryPlan plan = new MemoryPlan(experiment, 1);
    long memory = 8L << 30;
    Budget budget = Budget.ofMachine(memory);
    long largest = plan.largest(partial, budget);
    assertThat(plan.predict(partial, largest).total()).isLessThanOrEqualTo(memory);
    assertThat(plan.predict(partial, largest + 1).total()).isGreaterThan(memory);
    // The sample itself is what Partial FC has on top of full FC: 16 bytes a sampled class.
    assertThat(plan.largest(full, budget)).isBetween(largest, largest + largest / 100);
    assertThat(plan.largest(experiment.method(), budget)).isEqualTo(MemoryPlan.MOST_CLASSES);
    assertThat(plan.largest(partial, Budget.ofMachine(1 << 20))).isZero();
  }

  @Test
  void besideAGpuEachMemoryIsJudgedByWhatLiesInIt() {
    Experiment onGpu =
        new ConfigLoader()
            .load(Path.of("../configs/quickstart.yaml"), List.of("run.device=gpu"), false);
    MemoryPlan plan = new MemoryPlan(onGpu, 1);
    Footprint million = plan.predict(partial, 1_000_000);
    assertThat(million.host())
        .containsExactlyInAnyOrder(
            "classes", "momenta", "sample", "batches", "evaluation", "process");
    long tables = 2L * 4 * 1_000_000 * 128;
    assertThat(million.onHost()).isBetween(tables, tables + 310_000_000);
    assertThat(million.onDevice() + million.onHost()).isEqualTo(million.total());
    assertThat(plan.predict(partial, 10).onDevice())
        .isLessThanOrEqualTo(million.onDevice())
        .isGreaterThan(million.onDevice() / 2);
    Footprint ffc = plan.predict(onGpu.method(), 1_000_000);
    assertThat(ffc.host()).containsExactlyInAnyOrder("group", "batches", "evaluation", "process");
    assertThat(ffc.parts()).containsKeys("group_mirror", "gallery", "activations");

    // A machine of 4 GB takes some million classes, whatever the GPU has; a small GPU takes none.
    Budget small = new Budget(OptionalLong.of(80L << 30), 4_000_000_000L);
    assertThat(plan.largest(partial, small)).isBetween(3_000_000L, 4_000_000L);
    assertThat(plan.largest(partial, new Budget(OptionalLong.of(10_000_000), 1L << 40))).isZero();
    String text = new PlanText(onGpu, plan, 2000, small).render();
    assertThat(text)
        .contains(
            "group (machine) ",
            "\ngroup mirror ",
            "\non the GPU ",
            "\nin the machine ",
            "fits into 85.9 GB of GPU, 4.00 GB");
    assertThat(new PlanText(experiment, new MemoryPlan(experiment, 1), 2000, small).render())
        .doesNotContain("(machine)", "on the GPU");
  }

  @Test
  void mappedTablesAreOnDisk() {
    PartialFcConfig mapped =
        PartialFcConfigBuilder.builder()
            .sampleRate(0.1)
            .storage(PartialFcConfig.Storage.mapped)
            .folder("somewhere")
            .build();
    MemoryPlan plan = new MemoryPlan(experiment, 1);
    assertThat(plan.diskBytes(mapped, 100_000_000)).isEqualTo(2L * 4 * 100_000_000 * 128);
    assertThat(plan.predict(mapped, 100_000_000).parts()).doesNotContainKey("momenta");
  }

  @Test
  void thePlanNamesEveryMethodOnceAndWhatFits() {
    String text =
        new PlanText(experiment, new MemoryPlan(experiment, 1), 2000, Budget.ofMachine(8L << 30))
            .render();
    assertThat(text.lines().filter(l -> l.startsWith("predicted bytes")).findFirst().orElseThrow())
        .containsSubsequence("ffc", "partial-fc 0.1", "full-fc", "virtual-fc", "dcq", "triplet");
    assertThat(text).contains("most classes that fit", "any number", " !", "1,000,000,000");
  }

  @Test
  void sizesAreReadAndWritten() {
    assertThat(ByteSize.parse("80GiB")).isEqualTo(80L << 30);
    assertThat(ByteSize.parse("1.5 GB")).isEqualTo(1_500_000_000L);
    assertThat(ByteSize.parse("4096")).isEqualTo(4096);
    assertThat(ByteSize.text(1_234_000_000L)).isEqualTo("1.23 GB");
    assertThat(ByteSize.text(12_345_678L)).isEqualTo("12.3 MB");
    assertThat(ByteSize.text(999)).isEqualTo("999 B");
    for (String wrong : List.of("", "-1GB", "80 gigs", "0")) {
      assertThatThrownBy(() -> ByteSize.parse(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("such as 80GiB");
    }
    assertThat(ClassCount.parse("1e8")).isEqualTo(100_000_000);
    assertThatThrownBy(() -> ClassCount.parse("many")).isInstanceOf(IllegalArgumentException.class);
  }
}
