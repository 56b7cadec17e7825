package ffc.core.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.ffc.FfcConfig;
import ffc.core.ffc.FfcConfigBuilder;
import ffc.core.method.RunConfigBuilder;
import ffc.core.net.Architecture;
import ffc.core.net.Encoder;
import ffc.core.net.ModelConfig;
import ffc.core.net.ModelConfigBuilder;
import ffc.core.net.MomentumEncoder;
import ffc.core.net.Precision;
import ffc.core.net.Weights;
import ffc.core.optim.OptimizerConfig;
import ffc.core.optim.OptimizerConfigBuilder;
import ffc.exchange.ThreadExchange;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Parts of the network that keep their values, for good or up to a step. */
class FreezeTest {
  private static final int STEPS = 10;

  @TempDir Path folder;

  private static ModelConfigBuilder network(ModelConfig.Backbone backbone) {
    boolean vit = backbone == ModelConfig.Backbone.vit;
    boolean iresnet = backbone == ModelConfig.Backbone.iresnet;
    return ModelConfigBuilder.builder()
        .backbone(backbone)
        .input(List.of(1, 32, 32))
        .layers(vit ? List.of(2) : iresnet ? List.of(1, 1) : null)
        .widths(vit ? List.of(16) : iresnet ? List.of(4, 8) : null)
        .heads(vit ? 2 : null)
        .patch(vit ? 8 : null)
        .embedding(16);
  }

  private static ModelConfigBuilder tiny() {
    return network(ModelConfig.Backbone.iresnet);
  }

  private Trainer.Setup setup(
      ModelConfig model, OptimizerConfig.Type type, String name, Path resumeFrom, int syncEvery) {
    FfcConfig method = FfcConfigBuilder.builder(TinyRun.FFC).capacity(72).build();
    Trainer.Setup s = TinyRun.setup(method, STEPS, folder.resolve(name), resumeFrom);
    OptimizerConfig optimizer =
        OptimizerConfigBuilder.builder(s.optimizer())
            .type(type)
            .learningRate(type == OptimizerConfig.Type.sgd ? 0.1 : 1e-3)
            .weightDecay(0.01)
            .build();
    return new Trainer.Setup(
        s.seed(),
        s.data(),
        model,
        s.methodName(),
        method::create,
        optimizer,
        RunConfigBuilder.builder(s.run()).ema(0.9).build(),
        List.of(),
        s.checkpoints(),
        resumeFrom,
        0,
        syncEvery);
  }

  private Map<String, Long> start(ModelConfig model) {
    try (NDManager manager = NDManager.newBaseManager();
        Encoder encoder = Encoder.create(model, manager, 11, Precision.fp32)) {
      return encoder.parameters().hashes();
    }
  }

  private Map<String, Long> stored(ModelConfig model, String run, long step, String network)
      throws IOException {
    try (NDManager manager = NDManager.newBaseManager();
        Encoder encoder = Encoder.create(model, manager, 1, Precision.fp32)) {
      Path checkpoint = folder.resolve(run).resolve(String.format("step-%08d", step));
      Weights.load(encoder.parameters(), CheckpointReader.open(checkpoint), network);
      return encoder.parameters().hashes();
    }
  }

  /** The parts in which any array differs, with the arrays that moved. */
  private static Map<String, Integer> moved(
      ModelConfig model, Map<String, Long> before, Map<String, Long> after) {
    Architecture architecture = model.architecture();
    Map<String, Integer> moved = new TreeMap<>();
    before.forEach(
        (name, hash) -> {
          if (!hash.equals(after.get(name))) {
            moved.merge(architecture.part(name), 1, Integer::sum);
          }
        });
    return moved;
  }

  @ParameterizedTest
  @EnumSource(
      value = ModelConfig.Backbone.class,
      names = {"iresnet", "mobilefacenet", "mbf", "vit"})
  void frozenPartsKeepEveryBitAndTheOthersMove(ModelConfig.Backbone backbone) throws IOException {
    ModelConfig free = network(backbone).build();
    List<String> parts = free.parts();
    assertThat(parts).startsWith("stem").endsWith("embedding").hasSizeGreaterThan(3);
    List<String> frozen = List.of("stem", parts.get(2));
    ModelConfig model = network(backbone).freeze(frozen).build();
    for (OptimizerConfig.Type type : OptimizerConfig.Type.values()) {
      TinyRun.run(setup(model, type, backbone + "" + type, null, 1));
      for (String network : List.of("probe", "gallery", "ema")) {
        Map<String, Long> end = stored(free, backbone + "" + type, STEPS, network);
        assertThat(moved(free, start(free), end).keySet())
            .as(type + " " + network)
            .containsExactlyInAnyOrderElementsOf(
                parts.stream().filter(part -> !frozen.contains(part)).toList());
      }
    }
  }

  @Test
  void aFrozenPartKeepsTheStatisticsThatTheGalleryTakesFromTheProbe() throws IOException {
    ModelConfig model = tiny().freeze(List.of("trunk")).build();
    FfcConfig method =
        FfcConfigBuilder.builder(TinyRun.FFC)
            .galleryBatchNorm(MomentumEncoder.BatchNorm.ema)
            .build();
    TinyRun.run(TinyRun.with(TinyRun.setup(method, STEPS, folder.resolve("run"), null), model));
    for (String network : List.of("probe", "gallery")) {
      assertThat(moved(model, start(model), stored(model, "run", STEPS, network)))
          .containsOnlyKeys("embedding");
    }
  }

  @Test
  void partsAreTrainedFromTheStepThatTheyAreFrozenUntil() throws IOException {
    ModelConfig model = tiny().freeze(List.of("trunk")).freezeUntil(5L).build();
    TinyRun.run(setup(model, OptimizerConfig.Type.sgd, "run", null, 1));
    assertThat(moved(model, start(model), stored(model, "run", 5, "probe")))
        .containsOnlyKeys("embedding");
    assertThat(moved(model, start(model), stored(model, "run", STEPS, "probe")))
        .containsOnlyKeys("stem", "layer1", "layer2", "embedding");
  }

  /** Also from the step at which they are set free, and from before it. */
  @ParameterizedTest
  @EnumSource(OptimizerConfig.Type.class)
  void aResumedRunRepeatsTheLossesOfAnUnbrokenOne(OptimizerConfig.Type type) throws IOException {
    for (long until : new long[] {3, 5, 7}) {
      ModelConfig model = tiny().freeze(List.of("stem", "layer2")).freezeUntil(until).build();
      String name = "whole" + until;
      List<String> whole = TinyRun.run(setup(model, type, name, null, 1)).losses;
      Path fifth = folder.resolve(name).resolve("step-00000005");
      List<String> rest = TinyRun.run(setup(model, type, "rest" + until, fifth, 1)).losses;
      assertThat(rest).as("frozen until " + until).isEqualTo(whole.subList(5, STEPS));
      for (String network : List.of("probe", "gallery", "ema")) {
        assertThat(stored(model, "rest" + until, STEPS, network))
            .isEqualTo(stored(model, name, STEPS, network));
      }
    }
  }

  @Test
  void aNetworkMayBeFrozenAsAWholeForAWhile() throws IOException {
    ModelConfig model = tiny().freeze(List.of("trunk", "embedding")).freezeUntil(5L).build();
    TinyRun.run(setup(model, OptimizerConfig.Type.adamw, "run", null, 1));
    assertThat(moved(model, start(model), stored(model, "run", 5, "probe"))).isEmpty();
    assertThat(moved(model, start(model), stored(model, "run", STEPS, "probe")))
        .containsOnlyKeys("stem", "layer1", "layer2", "embedding");
  }

  /** Three equal numbers have a mean that may differ from them. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void severalTrainersKeepFrozenBitsTogether(int syncEvery) throws Exception {
    ModelConfig model = tiny().freeze(List.of("stem", "layer1")).build();
    List<List<String>> losses =
        ThreadExchange.together(
            3,
            true,
            exchange ->
                TinyRun.run(
                        setup(
                            model,
                            OptimizerConfig.Type.sgd,
                            "rank" + exchange.rank(),
                            null,
                            syncEvery),
                        exchange,
                        () -> false)
                    .losses);
    assertThat(losses).allMatch(losses.get(0)::equals);
    for (String network : List.of("probe", "gallery", "ema")) {
      assertThat(moved(model, start(model), stored(model, "rank0", STEPS, network)))
          .containsOnlyKeys("layer2", "embedding");
    }
  }
}
