package ffc.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import ffc.core.ffc.FfcConfig;
import ffc.core.ffc.FfcConfigBuilder;
import ffc.core.ffc.FfcConfigUpdateBuilder;
import ffc.core.method.RunConfig;
import ffc.core.method.RunConfigBuilder;
import ffc.core.net.ModelConfig;
import ffc.core.net.ModelConfigBuilder;
import ffc.core.net.MomentumEncoder;
import ffc.core.net.Precision;
import ffc.formats.Safetensors;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {
  @TempDir Path folder;

  private static FfcConfig ffc(MomentumEncoder.BatchNorm norm, String rule, double warmFill) {
    return FfcConfigBuilder.builder()
        .type("ffc")
        .capacity(40)
        .galleryMomentum(0.9)
        .galleryMomentumSchedule(MomentumEncoder.Course.ramp)
        .galleryBatchNorm(norm)
        .update(FfcConfigUpdateBuilder.builder().type(rule).build())
        .emptySlots(rule.equals("two-row") ? FfcConfig.EmptySlots.random : null)
        .warmFill(warmFill)
        .build();
  }

  @Test
  void resumedRunRepeatsTheLossesOfAnUnbrokenOne() throws IOException {
    for (FfcConfig method :
        List.of(
            ffc(MomentumEncoder.BatchNorm.batch, "weighted", 0),
            ffc(MomentumEncoder.BatchNorm.ema, "two-row", 0.5),
            TinyRun.TRAINED,
            FfcConfigBuilder.builder(TinyRun.TRAINED)
                .rowEntry(FfcConfig.RowEntry.gallery)
                .build())) {
      Path checkpoints = folder.resolve(method.update().type() + method.rows() + method.rowEntry());
      List<String> whole = TinyRun.run(TinyRun.setup(method, 12, checkpoints, null)).losses;
      List<String> rest =
          TinyRun.run(
                  TinyRun.setup(
                      method, 12, folder.resolve("resumed"), checkpoints.resolve("step-00000005")))
              .losses;
      assertThat(whole).hasSize(12).doesNotHaveDuplicates();
      assertThat(rest).as(method.toString()).isEqualTo(whole.subList(5, 12));
    }
  }

  /** Hidden tokens and dropped branches are those of the step, whatever was drawn before. */
  @Test
  void aVisionTransformerResumesToTheSameLosses() throws IOException {
    ModelConfig vit =
        ModelConfigBuilder.builder()
            .backbone(ModelConfig.Backbone.vit)
            .input(List.of(1, 32, 32))
            .layers(List.of(2))
            .widths(List.of(16))
            .heads(2)
            .patch(8)
            .dropPath(0.3)
            .maskRatio(0.3)
            .embedding(16)
            .build();
    Path checkpoints = folder.resolve("vit");
    List<String> whole =
        TinyRun.run(TinyRun.with(TinyRun.setup(TinyRun.FFC, 8, checkpoints, null), vit)).losses;
    Path fifth = checkpoints.resolve("step-00000005");
    List<String> rest =
        TinyRun.run(
                TinyRun.with(TinyRun.setup(TinyRun.FFC, 8, folder.resolve("resumed"), fifth), vit))
            .losses;
    assertThat(whole).hasSize(8).doesNotHaveDuplicates();
    assertThat(rest).isEqualTo(whole.subList(5, 8));
  }

  @Test
  void resumingAfterAKillGivesTheSameLosses() throws Exception {
    List<String> whole =
        TinyRun.run(TinyRun.setup(TinyRun.FFC, 30, folder.resolve("whole"), null)).losses;
    Random random = new Random();
    int killAt = 6 + random.nextInt(20);
    Path checkpoints = folder.resolve("killed");
    List<String> seen = new ArrayList<>();
    Process training = start("30", checkpoints, "-");
    try (BufferedReader lines = reader(training)) {
      while (seen.size() < killAt) {
        String line = lines.readLine();
        if (line.startsWith("loss ")) {
          seen.add(line.substring(5));
        }
      }
      // SIGKILL, between two steps or in the middle of one.
      training.destroyForcibly();
    }
    assertThat(training.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(training.exitValue()).as("killed at step " + killAt).isEqualTo(128 + 9);
    assertThat(whole.subList(0, seen.size())).isEqualTo(seen);
    Path latest = new ffc.core.checkpoint.Checkpoints(checkpoints, 3).latest().orElseThrow();
    List<String> rest = TinyRun.run(TinyRun.setup(TinyRun.FFC, 30, checkpoints, latest)).losses;
    assertThat(rest)
        .as("killed at step " + killAt + ", resumed from " + latest)
        .isNotEmpty()
        .isEqualTo(whole.subList(30 - rest.size(), 30));
  }

  @Test
  void fiveHundredStepsKeepNativeMemoryFlat() throws Exception {
    Process training = start("500", folder.resolve("long"), "-");
    List<Long> anonymous = new ArrayList<>();
    try (BufferedReader lines = reader(training)) {
      lines
          .lines()
          .filter(line -> line.startsWith("rss "))
          .forEach(line -> anonymous.add(Long.parseLong(line.split(" ")[2])));
    }
    assertThat(training.waitFor()).isZero();
    long warm = anonymous.get(9);
    long last = anonymous.get(anonymous.size() - 1);
    // A leaked activation of 8x4x32x32 floats a step would add 64 MB over the 400 steps between.
    assertThat(last - warm).as("bytes gained since step 100, of " + warm).isLessThan(24 << 20);
  }

  @Test
  void arraysOfAStepAreClosed() throws IOException {
    Trainer.Setup setup = TinyRun.setup(TinyRun.FFC, 30, folder, null);
    List<Integer> live = new ArrayList<>();
    try (ffc.loaders.data.Dataset data = ffc.loaders.DataSets.open(setup.data().train())) {
      Trainer[] trainer = new Trainer[1];
      trainer[0] =
          new Trainer(
              setup,
              data,
              new ffc.exchange.LocalExchange(),
              new CountingObserver(() -> live.add(trainer[0].liveArrays())),
              () -> false);
      trainer[0].run();
      trainer[0].close();
    }
    assertThat(live).hasSize(30);
    assertThat(live.get(29)).isEqualTo(live.get(9)).isPositive();
  }

  /** Weights stay f32, and only the arithmetic differs. */
  @Test
  void aRunInBf16GoesThroughTheLoopAndResumes() throws IOException {
    Path checkpoints = folder.resolve("bf16");
    TinyRun whole = TinyRun.run(bf16(TinyRun.setup(TinyRun.FFC, 12, checkpoints, null)));
    Path half = checkpoints.resolve("step-00000005");
    TinyRun rest = TinyRun.run(bf16(TinyRun.setup(TinyRun.FFC, 12, folder.resolve("r"), half)));

    assertThat(whole.losses).hasSize(12).doesNotHaveDuplicates();
    assertThat(rest.losses).isEqualTo(whole.losses.subList(5, 12));
    assertThat(whole.losses).noneMatch(line -> line.contains("NaN"));
    TinyRun f32 = TinyRun.run(TinyRun.setup(TinyRun.FFC, 1, folder.resolve("f32"), null));
    assertThat(loss(whole)).as("before the first update").isCloseTo(loss(f32), withinPercentage(3));
    Safetensors probe = Safetensors.read(checkpoints.resolve("step-00000012/probe.safetensors"));
    float[] filters = probe.tensors().get("conv1.weight").toFloats();
    boolean finer = false;
    for (float value : filters) {
      finer |= (Float.floatToIntBits(value) & 0xffff) != 0;
    }
    assertThat(finer).as("weights have more than the bits of bf16").isTrue();
  }

  private static double loss(TinyRun run) {
    return Double.parseDouble(run.losses.get(0).split(" ")[1]);
  }

  private static Trainer.Setup bf16(Trainer.Setup setup) {
    return TinyRun.with(
        setup,
        run ->
            RunConfigBuilder.builder()
                .steps(run.steps())
                .precision(Precision.bf16)
                .reportEvery(run.reportEvery())
                .checkpointEvery(run.checkpointEvery())
                .device(run.device())
                .threads(1)
                .build());
  }

  private static double loss(TinyRun run, int step) {
    return Double.parseDouble(run.losses.get(step).split(" ")[1]);
  }

  @Test
  void aTornCheckpointIsRefused() throws IOException {
    TinyRun.run(TinyRun.setup(TinyRun.FFC, 5, folder, null));
    Path checkpoint = folder.resolve("step-00000005");
    Path probe = checkpoint.resolve("probe.safetensors");
    byte[] bytes = Files.readAllBytes(probe);
    bytes[bytes.length / 2] ^= 1;
    Files.write(probe, bytes);
    assertThatThrownBy(() -> TinyRun.run(TinyRun.setup(TinyRun.FFC, 9, folder, checkpoint)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("probe.safetensors: has checksum");
    Files.write(probe, java.util.Arrays.copyOf(bytes, bytes.length - 7));
    assertThatThrownBy(() -> TinyRun.run(TinyRun.setup(TinyRun.FFC, 9, folder, checkpoint)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("bytes, expected " + bytes.length);
  }

  /**
   * Frozen, because batch norm by the batch sees a slice only and gives other features; that form
   * is held to recorded steps (ReferenceStepsTest). Without it the slices are the same sum.
   */
  @Test
  void slicesAddUpToTheWholeStep() throws IOException {
    List<List<Double>> losses = new ArrayList<>();
    for (int slices : new int[] {1, 3, 6}) {
      Trainer.Setup s = TinyRun.setup(TinyRun.FFC, 3, folder.resolve("slices-" + slices), null);
      ModelConfig model =
          ModelConfigBuilder.builder()
              .backbone(ModelConfig.Backbone.iresnet)
              .input(s.model().input())
              .layers(s.model().layers())
              .widths(s.model().widths())
              .embedding(s.model().embedding())
              .dropout(0.0)
              .freezeBatchNorm(true)
              .build();
      RunConfig run =
          RunConfigBuilder.builder()
              .steps(3L)
              .reportEvery(1)
              .checkpointEvery(0)
              .device(s.run().device())
              .threads(1)
              .accumulate(slices)
              .build();
      Trainer.Setup sliced =
          new Trainer.Setup(
              s.seed(),
              s.data(),
              model,
              s.methodName(),
              s.method(),
              s.optimizer(),
              run,
              List.of(),
              s.checkpoints(),
              null,
              0,
              1);
      TinyRun result = TinyRun.run(sliced);
      losses.add(IntStream.range(0, 3).mapToObj(i -> loss(result, i)).toList());
    }
    for (int step = 0; step < 3; step++) {
      double whole = losses.get(0).get(step);
      assertThat(losses.get(1).get(step)).isCloseTo(whole, within(1e-5 * whole));
      assertThat(losses.get(2).get(step)).isCloseTo(whole, within(1e-5 * whole));
    }
  }

  private static Process start(String steps, Path checkpoints, String resume) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xms256m",
            "-Xmx256m",
            "-XX:+AlwaysPreTouch",
            "-cp",
            System.getProperty("java.class.path"),
            TinyRun.class.getName(),
            steps,
            checkpoints.toString(),
            resume)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static BufferedReader reader(Process process) {
    return new BufferedReader(
        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }
}
