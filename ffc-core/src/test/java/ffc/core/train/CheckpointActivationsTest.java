package ffc.core.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ffc.core.ffc.FfcConfig;
import ffc.core.ffc.FfcConfigBuilder;
import ffc.core.method.RunConfigBuilder;
import ffc.core.net.Encoder;
import ffc.core.net.ModelConfig;
import ffc.core.net.ModelConfigBuilder;
import ffc.core.net.Precision;
import ffc.engine.Autograd;
import ffc.exchange.ThreadExchange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs that compute activations once more, beside runs that keep them. */
class CheckpointActivationsTest {
  private static final int STEPS = 6;

  private static final ModelConfig VIT =
      ModelConfigBuilder.builder()
          .backbone(ModelConfig.Backbone.vit)
          .input(List.of(1, 32, 32))
          .layers(List.of(2))
          .widths(List.of(16))
          .heads(2)
          .patch(8)
          .embedding(16)
          .dropPath(0.3)
          .maskRatio(0.3)
          .freeze(List.of("stem", "block0"))
          .freezeUntil(3L)
          .build();

  private static final ModelConfig RESIDUAL =
      ModelConfigBuilder.builder()
          .backbone(ModelConfig.Backbone.iresnet)
          .input(List.of(1, 32, 32))
          .layers(List.of(2, 1))
          .widths(List.of(4, 8))
          .embedding(16)
          .dropout(0.2)
          .build();

  @TempDir Path folder;

  /** With dropout, clipping, slices, and a checkpoint on the way. */
  private Trainer.Setup setup(
      String name, ModelConfig model, Precision precision, boolean recompute) {
    FfcConfig method = FfcConfigBuilder.builder(TinyRun.FFC).capacity(72).build();
    return TinyRun.with(
        TinyRun.with(TinyRun.setup(method, STEPS, folder.resolve(name), null), model),
        run ->
            RunConfigBuilder.builder(run)
                .precision(precision)
                .accumulate(2)
                .checkpointActivations(recompute)
                .build());
  }

  /** The checksums of all files of the last checkpoint. */
  private String end(String name) throws IOException {
    return Files.readString(
        folder.resolve(name).resolve(String.format("step-%08d", STEPS)).resolve("checksums.txt"));
  }

  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"fp32", "bf16"})
  void aRunIsTheSameBitForBit(Precision precision) throws IOException {
    for (ModelConfig model : List.of(RESIDUAL, VIT)) {
      String name = model.backbone() + "" + precision;
      List<String> kept = TinyRun.run(setup("kept" + name, model, precision, false)).losses;
      List<String> again = TinyRun.run(setup("again" + name, model, precision, true)).losses;
      assertThat(again).hasSize(STEPS).isEqualTo(kept);
      assertThat(end("again" + name)).isEqualTo(end("kept" + name));
    }
  }

  /** Runs are the same with it and without it, which leaves open whether it was obeyed. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theProbeRecordsFromEndToEndUnlessItIsTold(boolean recompute) throws IOException {
    Trainer.Setup setup = setup("told" + recompute, RESIDUAL, Precision.fp32, recompute);
    List<Boolean> recorded = new ArrayList<>();
    TinyRun.run(
        TinyRun.withMethod(
            setup,
            context -> {
              recorded.add(isRecorded(context.probe()));
              return setup.method().create(context);
            }));
    assertThat(recorded).containsExactly(!recompute);
  }

  /** Whether PyTorch goes back from the features by itself. */
  private static boolean isRecorded(Encoder probe) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDManager manager = probe.parameters().weightList().head().getManager();
      NDArray features = probe.record(manager.ones(new Shape(2, 1, 32, 32))).features();
      Autograd.backward(features, features.onesLike());
      return true;
    } catch (EngineException e) {
      return false;
    }
  }

  @Test
  void severalTrainersGoTogetherAsWithoutIt() throws Exception {
    List<String> kept = ofThreeTrainers("kept", false);
    assertThat(ofThreeTrainers("again", true)).hasSize(STEPS).isEqualTo(kept);
    assertThat(end("again0")).isEqualTo(end("kept0"));
  }

  private List<String> ofThreeTrainers(String name, boolean recompute) throws Exception {
    List<List<String>> losses =
        ThreadExchange.together(
            3,
            true,
            exchange ->
                TinyRun.run(
                        TinyRun.still(
                            setup(name + exchange.rank(), RESIDUAL, Precision.fp32, recompute)),
                        exchange,
                        () -> false)
                    .losses);
    assertThat(losses).allMatch(losses.get(0)::equals);
    return losses.get(0);
  }
}
