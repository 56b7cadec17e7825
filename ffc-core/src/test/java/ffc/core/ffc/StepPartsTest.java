package ffc.core.ffc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ffc.core.checkpoint.BadCheckpointException;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.Checkpoints;
import ffc.core.loss.Losses;
import ffc.core.loss.MarginHead;
import ffc.core.method.DevicePair;
import ffc.core.net.Encoder;
import ffc.core.net.ModelConfig;
import ffc.core.net.ModelConfigBuilder;
import ffc.core.net.MomentumEncoder;
import ffc.core.net.Parameters;
import ffc.core.net.Precision;
import ffc.core.net.RunningStatistics;
import ffc.core.optim.Optimizer;
import ffc.core.optim.OptimizerConfig;
import ffc.core.optim.OptimizerConfig.Course;
import ffc.core.optim.OptimizerConfig.ScheduleConfig;
import ffc.core.optim.OptimizerConfigBuilder;
import ffc.core.optim.Schedule;
import ffc.engine.Autograd;
import ffc.engine.HostReads;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small parts of a step, each by itself. */
class StepPartsTest {
  @TempDir Path temp;

  @Test
  void lossesAddUpByTerm() {
    Losses.Sum sum = new Losses.Sum();
    sum.add("existing", 1);
    sum.add("fresh", 4);
    sum.add("existing", 2);
    assertThat(sum.toLosses().terms()).isEqualTo(Map.of("existing", 3.0, "fresh", 4.0));
    assertThat(sum.toLosses().total()).isEqualTo(7);
  }

  @Test
  void scalarsAreReadTogetherAtTheEndAndFreed() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      NDArray one = manager.create(1.5f);
      NDArray two = manager.create(4f);
      NDArray three = manager.create(8f);
      Losses.Sum sum = new Losses.Sum();
      sum.add("existing", 1);
      sum.add("fresh", one, 2);
      sum.add("existing", two);
      double[] seen = {-1};
      sum.read(three, value -> seen[0] = value);
      assertThat(seen[0]).isEqualTo(-1);
      assertThat(List.copyOf(sum.toLosses().terms().entrySet()))
          .containsExactly(Map.entry("existing", 5.0), Map.entry("fresh", 3.0));
      assertThat(seen[0]).isEqualTo(8);
      assertThat(sum.toLosses().total()).isEqualTo(8);
      assertThat(List.of(one.isReleased(), two.isReleased(), three.isReleased()))
          .containsOnly(true);
    }
  }

  @Test
  void scalarsOfAStepThatIsBrokenOffAreFreed() {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      NDArray scalar = manager.create(1f);
      try (Losses.Sum sum = new Losses.Sum();
          NDScope scope = new NDScope()) {
        NDScope.register(scalar);
        sum.add("existing", scalar);
        scope.suppressNotUsedWarning();
      }
      assertThat(scalar.isReleased()).isTrue();
    }
  }

  @Test
  void sharesAreOfTheSamplesOfEachLoaderSinceTheLastReport() {
    FfcStatistics statistics = new FfcStatistics();
    assertThat(statistics.take()).isEmpty();
    statistics.samples(new int[] {0, -1, 5, 5, 5, -1}, 2);
    statistics.samples(new int[] {-1, -1, -1}, 2);
    statistics.cosine(0.5);
    statistics.cosine(0.25);
    assertThat(statistics.take())
        .isEqualTo(
            Map.of(
                "existing_share_id_loader", 0.25,
                "existing_share_instance_loader", 0.6,
                "probe_gallery_cosine", 0.375));
    assertThat(statistics.take()).isEmpty();
    statistics.samples(new int[] {7}, 1);
    statistics.cosine(-0.5);
    assertThat(statistics.take())
        .isEqualTo(Map.of("existing_share_id_loader", 1.0, "probe_gallery_cosine", -0.5));
    statistics.samples(new int[] {-1}, 0);
    assertThat(statistics.take()).isEqualTo(Map.of("existing_share_instance_loader", 0.0));
  }

  @Test
  void countsOfAPassAreThoseOfTheGlobalBatch() {
    FfcHead.Counts counts = FfcHead.Counts.of(new int[] {0, -1, 3, -1, -1});
    assertThat(counts).isEqualTo(new FfcHead.Counts(2, 3));
  }

  @Test
  void slicesShareOutTheRowsAndTheirPixels() {
    try (NDManager manager = NDManager.newBaseManager()) {
      byte[] bytes = new byte[5 * 4];
      byte[] others = new byte[5 * 4];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) (51 * (i % 6));
        others[i] = (byte) 255;
      }
      DevicePair pair =
          new DevicePair(
              images(manager, bytes), images(manager, others), new long[5], new long[5], 2, 2);
      assertThat(pair.size()).isEqualTo(5);
      assertThat(new int[] {pair.from(0), pair.from(1), pair.from(2)}).containsExactly(0, 2, 5);
      NDArray second = pair.images(pair.x(), 1);
      assertThat(second.getShape()).isEqualTo(new Shape(3, 1, 2, 2));
      float[] values = second.toFloatArray();
      for (int i = 0; i < values.length; i++) {
        assertThat((double) values[i]).isCloseTo((i + 8) % 6 * 0.4 - 1, within(1e-6));
      }
      NDArray both = pair.images(0);
      assertThat(both.getShape()).isEqualTo(new Shape(4, 1, 2, 2));
      assertThat(both.get("0:2").toFloatArray()).isEqualTo(pair.images(pair.x(), 0).toFloatArray());
      assertThat(both.get("2:4").toFloatArray()).containsOnly(1);
      DevicePair whole = new DevicePair(pair.x(), pair.y(), pair.xIds(), pair.yIds(), 2, 1);
      assertThat(whole.images(whole.x(), 0).getShape()).isEqualTo(new Shape(5, 1, 2, 2));
    }
  }

  private static NDArray images(NDManager manager, byte[] bytes) {
    return manager.create(ByteBuffer.wrap(bytes), new Shape(5, 1, 2, 2), DataType.UINT8);
  }

  @Test
  void hardNegativesAreAShareOfTheGroupWithinBounds() {
    FfcConfig.Fresh usual = FfcConfigFreshBuilder.builder().build();
    assertThat(usual.weight()).isEqualTo(1);
    assertThat(usual.hardNegatives(100)).isEqualTo(3);
    assertThat(usual.hardNegatives(24_999)).isEqualTo(4);
    assertThat(usual.hardNegatives(25_000)).isEqualTo(5);
    assertThat(usual.hardNegatives(1_000_000)).isEqualTo(10);
    assertThat(FfcConfigFreshBuilder.builder().hardNegatives(1).build().hardNegatives(1_000_000))
        .isEqualTo(1);
  }

  /** The fresh term takes no more cosines than there are, and of them the positive ones. */
  @Test
  void freshSamplesArePushedFromWhatTheyResemble() {
    Autograd.off();
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray unit = manager.create(new float[] {1, 0, 0.6f, 0.8f}, new Shape(2, 2));
      NDArray weights = manager.create(new float[] {1, 0, 0, 1, -1, 0}, new Shape(3, 2));
      // Cosines of the first: 1, 0, -1; of the second: 0.6, 0.8, -0.6.
      MarginHead.Part two = MarginHead.fresh(unit, weights, 2, 2);
      assertThat(HostReads.number(two.value())).isCloseTo((1 + 1.4) / 4, within(1e-6));
      assertThat(two.embeddingGradient().toFloatArray())
          .containsExactly(new float[] {0.25f, 0, 0.25f, 0.25f}, within(1e-6f));
      MarginHead.Part all = MarginHead.fresh(unit, weights, 9, 1);
      assertThat(HostReads.number(all.value())).isCloseTo(2.4 / 3, within(1e-6));
      MarginHead.Part none = MarginHead.empty(manager, 2, 3, unit.getDataType());
      assertThat(HostReads.number(none.value())).isZero();
      assertThat(none.embeddingGradient().getShape()).isEqualTo(new Shape(2, 3));
      assertThat(none.embeddingGradient().toFloatArray()).containsOnly(0);
    }
  }

  @Test
  void aZeroRowStaysFinite() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray rows = manager.create(new float[] {0, 0, 3, 4}, new Shape(2, 2));
      assertThat(MarginHead.normalise(rows).toFloatArray())
          .containsExactly(new float[] {0, 0, 0.6f, 0.8f}, within(1e-6f));
      assertThat(MarginHead.norm(rows).toFloatArray()).containsExactly(1e-12f, 5);
    }
  }

  @Test
  void theFinalRateIsReachedFromAboveAndKept() {
    for (Course course : List.of(Course.linear, Course.cosine, Course.polynomial)) {
      Schedule schedule =
          new Schedule(
              0.8, new ScheduleConfig(course, 2, 12L, List.of(), 0.1, 3.0, 0.2), 1_000_000);
      assertThat(schedule.at(2)).isCloseTo(0.8, within(1e-12));
      assertThat(schedule.at(12)).isCloseTo(0.2, within(1e-12));
      assertThat(schedule.at(11)).isGreaterThan(0.2);
      assertThat(schedule.at(500)).isCloseTo(0.2, within(1e-12));
      for (long step = 3; step < 12; step++) {
        assertThat(schedule.at(step)).isLessThan(schedule.at(step - 1));
      }
    }
    Schedule power =
        new Schedule(
            0.8, new ScheduleConfig(Course.polynomial, 0, 10L, List.of(), 0.1, 3.0, 0.2), 10);
    assertThat(power.at(5)).isCloseTo(0.2 + 0.6 / 8, within(1e-12));
  }

  @Test
  void aScheduleThatIsAllWarmUpEndsAtItsFinalRate() {
    Schedule schedule =
        new Schedule(0.8, new ScheduleConfig(Course.linear, 10, 10L, List.of(), 0.1, 1.0, 0.2), 10);
    assertThat(schedule.at(9)).isCloseTo(0.8, within(1e-12));
    assertThat(schedule.at(10)).isCloseTo(0.2, within(1e-12));
  }

  private static OptimizerConfig adamw() {
    return OptimizerConfigBuilder.builder()
        .type(OptimizerConfig.Type.adamw)
        .learningRate(0.1)
        .weightDecay(0.05)
        .betas(List.of(0.8, 0.95))
        .epsilon(1e-6)
        .build();
  }

  private static Parameters parameters(NDManager manager, int length) {
    Parameters parameters = new Parameters(manager, 1);
    parameters.constant("w", new Shape(length), 1);
    parameters.requireGradients();
    return parameters;
  }

  private static void gradient(NDArray weight) {
    NDArray product = Autograd.record(() -> weight.mul(2));
    Autograd.backward(product, product.onesLike());
  }

  /** A step that is taken back and made again is the same step, corrections included. */
  @Test
  void aStepThatIsTakenBackIsNotCounted() {
    Autograd.off();
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = parameters(manager, 2);
        Optimizer optimizer = Optimizer.of(adamw(), parameters, manager)) {
      NDArray weight = parameters.weights().get("w");
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        gradient(weight);
        assertThat(optimizer.gradientNorm()).isCloseTo(Math.sqrt(8), within(1e-6));
        assertThat(optimizer.gradientList().head().toFloatArray()).containsExactly(2, 2);
        RunningStatistics before = RunningStatistics.keep(optimizer.stateList());
        float[] start = weight.toFloatArray();
        optimizer.step(0.1, 1);
        float[] moved = weight.toFloatArray();
        assertThat(moved).isNotEqualTo(start);
        optimizer.takeBack();
        before.restore();
        weight.set(start);
        optimizer.step(0.1, 1);
        assertThat(weight.toFloatArray()).isEqualTo(moved);
        assertThat(optimizer.stateList()).hasSize(2);
      }
    }
  }

  @Test
  void optimizerStateOfAnotherModelIsRefused() throws IOException {
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = parameters(manager, 2);
        Parameters larger = parameters(manager, 3)) {
      for (OptimizerConfig config :
          List.of(
              adamw(),
              OptimizerConfigBuilder.builder()
                  .type(OptimizerConfig.Type.sgd)
                  .learningRate(0.1)
                  .momentum(0.9)
                  .nesterov(true)
                  .weightDecay(0.0)
                  .build())) {
        String file = config.type() == OptimizerConfig.Type.sgd ? "optimizer" : "optimizer-first";
        try (Optimizer written = Optimizer.of(config, parameters, manager);
            Optimizer other = Optimizer.of(config, larger, manager)) {
          Path folder = new Checkpoints(temp, 1).write(1, written::save);
          assertThatThrownBy(() -> other.load(CheckpointReader.open(folder)))
              .isInstanceOf(IllegalArgumentException.class)
              .hasMessage(
                  folder
                      + "/"
                      + file
                      + ": w is (2), expected (3); the checkpoint belongs to another model");
          Path empty =
              new Checkpoints(temp, 1)
                  .write(
                      2,
                      out -> {
                        for (String name :
                            List.of("optimizer", "optimizer-first", "optimizer-second")) {
                          out.tensors(name, Map.of());
                        }
                      });
          assertThatThrownBy(() -> other.load(CheckpointReader.open(empty)))
              .hasMessageContaining(": w is missing, expected (3)");
        }
      }
    }
  }

  @Test
  void updatesThatCannotBeAreRefused() throws IOException {
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = parameters(manager, 2);
        Optimizer optimizer = Optimizer.of(adamw(), parameters, manager)) {
      for (long updates : new long[] {-1, 5}) {
        Path folder =
            new Checkpoints(temp, 1)
                .write(
                    1,
                    out -> {
                      Map<String, NDArray> state = Map.of("w", manager.zeros(new Shape(2)));
                      out.tensors("optimizer-first", state);
                      out.tensors("optimizer-second", state);
                      try (DataOutputStream file = out.file("optimizer-updates.bin", 1)) {
                        file.writeLong(updates);
                        if (updates > 0) {
                          file.write(1);
                        }
                      }
                    });
        assertThatThrownBy(() -> optimizer.load(CheckpointReader.open(folder)))
            .isInstanceOf(BadCheckpointException.class)
            .hasMessageContaining(updates < 0 ? "-1 updates" : "1 bytes follow");
      }
    }
  }

  @Test
  void withoutMomentumThereIsNoState() throws IOException {
    OptimizerConfig plain =
        OptimizerConfigBuilder.builder()
            .type(OptimizerConfig.Type.sgd)
            .learningRate(0.1)
            .momentum(0.0)
            .nesterov(false)
            .weightDecay(0.0)
            .build();
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = parameters(manager, 2);
        Optimizer optimizer = Optimizer.of(plain, parameters, manager)) {
      assertThat(optimizer.stateList()).isEmpty();
      optimizer.load(CheckpointReader.open(new Checkpoints(temp, 1).write(1, optimizer::save)));
    }
  }

  @Test
  void theGalleryMomentumIsConstantOrRisesToItsValue() {
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
      for (MomentumEncoder.Course course : MomentumEncoder.Course.values()) {
        FfcConfig config =
            FfcConfigBuilder.builder()
                .type("ffc")
                .capacity(10)
                .galleryMomentum(0.9)
                .galleryMomentumSchedule(course)
                .build();
        try (MomentumEncoder gallery =
            new MomentumEncoder(probe, model, config.following(), manager, 1)) {
          boolean ramp = course == MomentumEncoder.Course.ramp;
          assertThat(gallery.momentum(1)).isEqualTo(ramp ? 2.0 / 21 : 0.9);
          assertThat(gallery.momentum(80)).isEqualTo(ramp ? 81.0 / 100 : 0.9);
          assertThat(gallery.momentum(1000)).isEqualTo(0.9);
          assertThat(gallery.encoder().parameters().all().get("bn1.weight")).isNotNull();
        }
      }
    }
  }
}
