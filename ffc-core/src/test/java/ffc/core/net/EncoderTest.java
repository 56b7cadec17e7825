package ffc.core.net;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ffc.core.ffc.FfcConfig;
import ffc.core.ffc.FfcConfigBuilder;
import ffc.engine.Autograd;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Modes of a network, and the gallery that follows another one. */
class EncoderTest {
  private NDManager manager;
  private NDArray images;

  @BeforeEach
  void open() {
    Autograd.off();
    manager = NDManager.newBaseManager();
    Engine.getInstance().setRandomSeed(1);
    images = manager.randomUniform(-1, 1, new Shape(6, 1, 16, 16));
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private static ModelConfig model(boolean frozen) {
    return ModelConfigBuilder.builder()
        .backbone(ModelConfig.Backbone.iresnet)
        .input(List.of(1, 16, 16))
        .layers(List.of(1))
        .widths(List.of(4))
        .embedding(8)
        .dropout(0.5)
        .freezeBatchNorm(frozen)
        .build();
  }

  private static FfcConfig ffc(MomentumEncoder.BatchNorm norm) {
    return FfcConfigBuilder.builder()
        .type("ffc")
        .capacity(40)
        .galleryMomentum(0.75)
        .galleryBatchNorm(norm)
        .build();
  }

  private float[] features(Encoder encoder, Encoder.Mode mode, int seed) {
    Engine.getInstance().setRandomSeed(seed);
    return encoder.features(images, mode).toFloatArray();
  }

  @Test
  void dropsValuesInTrainingAloneWhateverBatchNormDoes() {
    for (boolean frozen : new boolean[] {false, true}) {
      try (Encoder encoder = Encoder.create(model(frozen), manager, 3, Precision.fp32)) {
        assertThat(features(encoder, Encoder.Mode.train, 1))
            .as("frozen %s", frozen)
            .isNotEqualTo(features(encoder, Encoder.Mode.train, 2));
        for (Encoder.Mode mode : List.of(Encoder.Mode.gallery, Encoder.Mode.eval)) {
          assertThat(features(encoder, mode, 1))
              .as("frozen %s, %s", frozen, mode)
              .isEqualTo(features(encoder, mode, 2));
        }
      }
    }
  }

  @Test
  void runningStatisticsMoveOnlyWhereBatchNormGoesByTheBatch() {
    for (boolean frozen : new boolean[] {false, true}) {
      for (Encoder.Mode mode : Encoder.Mode.values()) {
        try (Encoder encoder = Encoder.create(model(frozen), manager, 3, Precision.fp32)) {
          float[] before = encoder.parameters().all().get("bn1.running_mean").toFloatArray();
          features(encoder, mode, 1);
          float[] after = encoder.parameters().all().get("bn1.running_mean").toFloatArray();
          assertThat(!java.util.Arrays.equals(before, after))
              .as("frozen %s, %s", frozen, mode)
              .isEqualTo(!frozen && mode != Encoder.Mode.eval);
        }
      }
    }
  }

  @Test
  void theGalleryFollowsByItsMomentumAndItsStatisticsOnlyByEma() {
    for (MomentumEncoder.BatchNorm norm : MomentumEncoder.BatchNorm.values()) {
      boolean ema = norm == MomentumEncoder.BatchNorm.ema;
      try (Encoder probe = Encoder.create(model(false), manager, 3, Precision.fp32);
          MomentumEncoder gallery =
              new MomentumEncoder(probe, model(false), ffc(norm).following(), manager, 4)) {
        probe.parameters().all().values().forEach(array -> array.addi(1));
        float[] wOld = gallery.encoder().parameters().all().get("fc.weight").toFloatArray();
        float[] wProbe = probe.parameters().all().get("fc.weight").toFloatArray();
        gallery.follow(1);
        float[] w = gallery.encoder().parameters().all().get("fc.weight").toFloatArray();
        for (int i = 0; i < w.length; i++) {
          assertThat(w[i]).isCloseTo(0.75f * wOld[i] + 0.25f * wProbe[i], within());
        }
        // 0 before, 1 in the probe now.
        assertThat(gallery.encoder().parameters().all().get("bn1.running_mean").toFloatArray())
            .containsOnly(ema ? 0.25f : 0);
        float[] shown = gallery.embed(images).toFloatArray();
        float[] evaluated = gallery.encoder().embed(images, Encoder.Mode.eval).toFloatArray();
        assertThat(java.util.Arrays.equals(shown, evaluated)).as(norm.name()).isEqualTo(ema);
      }
    }
  }

  private static org.assertj.core.data.Offset<Float> within() {
    return org.assertj.core.data.Offset.offset(1e-6f);
  }

  @Test
  void neighbouringSeedsStepsAndRanksShareNoMasks() {
    Set<Integer> seeds = new HashSet<>();
    for (long seed = 0; seed < 10; seed++) {
      for (long step = 0; step < 100; step++) {
        for (int rank = 0; rank < 4; rank++) {
          assertThat(seeds.add(DropoutMasks.engineSeed(seed, step, rank)))
              .as("seed %d, step %d, rank %d", seed, step, rank)
              .isTrue();
        }
      }
    }
  }
}
