package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ffc.runs.record.Json;
import ffc.runs.record.JsonLines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Trains in JVMs of their own, which are killed, interrupted and resumed. */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class TrainingProcessTest {
  private static final int STEPS = 24;
  private static final String CONFIG =
      """
      name: tiny
      seed: 3
      data:
        train: {format: recordio, path: %s}
        idsPerBatch: 6
        instancesPerBatch: 4
        augment: {flip: false, shift: 2}
      model: {backbone: iresnet, input: [1, 32, 32], layers: [1, 1], widths: [4, 8], embedding: 16}
      method: {type: ffc, capacity: 20, galleryMomentum: 0.9}
      optimizer: {learningRate: 0.05, nesterov: true, clipNorm: 5, schedule: {type: cosine}}
      run: {steps: %d, reportEvery: 1, checkpointEvery: 5, threads: 1, device: cpu}
      """;

  @TempDir Path temp;
  private Path config;

  @BeforeEach
  void writeConfig() throws IOException {
    Path data = Path.of("../data/quickstart/train.rec").toAbsolutePath().normalize();
    config = Files.writeString(temp.resolve("tiny.yaml"), CONFIG.formatted(data, STEPS));
  }

  @Test
  void aRunKilledAtRandomStepsAndResumedRepeatsTheLossesOfAnUnbrokenOneBitForBit()
      throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    Path unbroken = temp.resolve("unbroken");
    assertThat(start("--out", unbroken.toString()).finish()).isZero();

    Path killed = temp.resolve("killed");
    try (TrainingProcess training = start("--out", killed.toString())) {
      training.awaitStep(1 + random.nextInt(STEPS - 2));
      training.kill();
    }
    try (TrainingProcess training = start("--resume", "--out", killed.toString())) {
      training.awaitStep(STEPS - 1 - random.nextInt(3));
      training.kill();
    }
    assertThat(start("--resume", killed.toString()).finish()).isZero();

    assertThat(losses(killed)).as("seed %d", seed).isEqualTo(losses(unbroken));
    assertThat(losses(unbroken)).hasSize(STEPS);
    assertThat(summary(killed).path("images").asLong()).isEqualTo(STEPS * 16L);
    assertThat(killed.resolve("report.html")).isNotEmptyFile();
  }

  @Test
  void anInterruptEndsAfterTheStepWithACheckpointAndTheRunGoesOn() throws Exception {
    Path run = temp.resolve("run");
    try (TrainingProcess training = start("--out", run.toString())) {
      training.awaitStep(3);
      assertThat(training.internetSockets()).as("a trainer alone needs no network").isEmpty();
      int exitCode = training.interruptTwice();
      assertThat(training.finish()).isEqualTo(exitCode);
      assertThat(training.text()).contains("stopped after ");
    }
    long stopped = summary(run).path("steps").asLong();
    assertThat(stopped).isBetween(3L, STEPS - 1L);
    assertThat(summary(run).path("finished").asBoolean()).isFalse();
    assertThat(run.resolve("checkpoints/step-%08d".formatted(stopped))).isDirectory();

    try (TrainingProcess training = start("--resume", run.toString())) {
      training.awaitStep((int) stopped + 1);
      boolean ignored = TrainingProcess.isIgnored(TrainingProcess.HUP);
      training.signal(ignored ? "TERM" : "HUP");
      assertThat(training.finish()).isEqualTo(ignored ? 143 : 129);
    }
    assertThat(start("--resume", run.toString()).finish()).isZero();
    assertThat(losses(run)).hasSize(STEPS);
    assertThat(summary(run).path("finished").asBoolean()).isTrue();
  }

  @Test
  void aFolderInUseIsRefusedAndAnExplodingRunFailsWithALogAndTheLastGoodCheckpoint()
      throws Exception {
    Path run = temp.resolve("run");
    // Long enough to be still there when the second JVM is up, on any machine.
    String longRun = "--set=run.steps=1000000";
    try (TrainingProcess training = start("--out", run.toString(), longRun)) {
      training.awaitStep(2);
      TrainingProcess second = start("--resume", run.toString(), longRun);
      assertThat(second.finish()).isEqualTo(2);
      assertThat(second.text()).contains("another process is training in this folder");
      training.kill();
    }

    Path exploding = temp.resolve("exploding");
    TrainingProcess training =
        start(
            "--out",
            exploding.toString(),
            "--set=optimizer={learningRate: 1e30, schedule: {warmupSteps: 0}}");
    assertThat(training.finish()).isEqualTo(1);
    assertThat(training.text()).contains("not finite", "run.log").doesNotContain("\tat ");
    assertThat(exploding.resolve("run.log")).content().contains("NonFiniteException", "\tat ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{type: ffc, capacity: 20, galleryMomentum: 0.9}",
        "{type: partial-fc, sampleRate: 0.1}"
      })
  void twoDevicesOfOneProcessRepeatTheLossesOfOneWithTheirBatchTogetherAlsoAfterAKill(String method)
      throws Exception {
    Path weights = temp.resolve("weights");
    assertThat(start("--out", weights.toString(), "--set=run.steps=1").finish()).isZero();
    try (Stream<Path> files = Files.walk(weights.resolve("checkpoints"))) {
      weights = files.filter(f -> f.endsWith("probe.safetensors")).findFirst().orElseThrow();
    }
    String[] common = {
      "--set=method=" + method,
      "--set=optimizer.learningRate=0.01",
      "--set=model.freezeBatchNorm=true",
      "--set=model.initFrom=" + weights
    };
    Path alone = temp.resolve("alone");
    assertThat(
            start(
                    with(
                        common,
                        "--out",
                        alone.toString(),
                        "--set=data.idsPerBatch=12",
                        "--set=data.instancesPerBatch=8"))
                .finish())
        .isZero();

    String two = "--set=run.devices=[0, 1]";
    Path together = temp.resolve("together");
    try (TrainingProcess training = start(with(common, "--out", together.toString(), two))) {
      training.awaitStep(STEPS / 2);
      assertThat(training.internetSockets()).isEmpty();
      training.kill();
    }
    TrainingProcess resumed = start(with(common, "--resume", together.toString(), two));
    assertThat(resumed.finish()).as(resumed.text()).isZero();

    assertThat(summary(together).path("images").asLong()).isEqualTo(STEPS * 32L);
    assertThat(together.resolve("rank-1")).doesNotExist();
    List<JsonNode> wanted = JsonLines.read(alone.resolve("steps.jsonl"));
    List<JsonNode> got = JsonLines.read(together.resolve("steps.jsonl"));
    assertThat(got).hasSize(STEPS);
    for (int i = 0; i < STEPS; i++) {
      double loss = wanted.get(i).path("loss").asDouble();
      assertThat(got.get(i).path("loss").asDouble())
          .as("step " + (i + 1))
          .isCloseTo(loss, within(1e-5 * Math.max(1, loss)));
    }
  }

  private static String[] with(String[] common, String... more) {
    return Stream.concat(Arrays.stream(common), Arrays.stream(more)).toArray(String[]::new);
  }

  private static List<String> losses(Path run) throws IOException {
    List<String> losses = new ArrayList<>();
    for (JsonNode line : JsonLines.read(run.resolve("steps.jsonl"))) {
      losses.add(
          line.path("step")
              + " "
              + line.path("loss")
              + " "
              + line.path("terms")
              + " "
              + line.path("gradient_norm")
              + " "
              + line.path("epoch"));
    }
    return losses;
  }

  private static JsonNode summary(Path run) throws IOException {
    return Json.parse(Files.readString(run.resolve("summary.json")));
  }

  private TrainingProcess start(String... options) throws IOException {
    return TrainingProcess.start(temp, config, options);
  }
}
