package ffc.runs.record;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.core.train.RunSummary;
import ffc.core.train.StepReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class RunRecorderTest {
  @TempDir Path temp;

  @Test
  void writesStepsWithTheAgreedKeysAndNumbersThatReadBackExactly() throws Exception {
    ScriptedRun script = new ScriptedRun(0, 40, 40, 4);
    record(script);

    List<JsonNode> lines = JsonLines.read(temp.resolve("steps.jsonl"));

    assertThat(lines).hasSize(10);
    JsonNode line = lines.get(2);
    StepReport expected = script.report(12);
    assertThat(line.propertyNames())
        .containsExactly(
            "step",
            "images",
            "seconds",
            "epoch",
            "id_epoch",
            "loss",
            "terms",
            "learning_rate",
            "gradient_norm",
            "images_per_second",
            "data_wait_share",
            "statistics",
            "rss_bytes");
    assertThat(line.path("step").asLong()).isEqualTo(12);
    assertThat(line.path("loss").asDouble()).isEqualTo(expected.loss());
    assertThat(line.path("terms").path("fresh").asDouble())
        .isEqualTo(expected.terms().get("fresh"));
    assertThat(line.path("learning_rate").asDouble()).isEqualTo(expected.learningRate());
    assertThat(line.path("statistics").path("group_occupied").asDouble()).isEqualTo(200);
  }

  @Test
  void aRunThatWentBackLeavesEachStepOnce() throws Exception {
    ScriptedRun script = new ScriptedRun(0, 40, 40, 4);
    RunDirectory directory = RunDirectory.create(temp);
    try (directory;
        RunRecorder recorder = new RunRecorder(directory, Clock.systemUTC(), line -> {})) {
      recorder.started(0, 40);
      for (long step : new long[] {4, 8, 12}) {
        recorder.report(script.report(step));
      }
      recorder.wentBack(13, 5);
      recorder.report(script.report(8));
    }
    assertThat(JsonLines.read(temp.resolve("steps.jsonl")))
        .extracting(line -> line.path("step").asLong())
        .containsExactly(4L, 8L);
  }

  @Test
  void aTrainerThatWasAwaySetsAsideWhatTheOthersHaveMadeAgain() throws Exception {
    ScriptedRun script = new ScriptedRun(0, 40, 40, 4);
    List<String> said = new ArrayList<>();
    try (RunDirectory directory = RunDirectory.create(temp)) {
      try (RunRecorder recorder = new RunRecorder(directory, Clock.systemUTC(), said::add)) {
        recorder.started(0, 40);
        for (long step : new long[] {4, 8, 12, 16}) {
          recorder.report(script.report(step));
        }
      }
      try (RunRecorder recorder = new RunRecorder(directory, Clock.systemUTC(), said::add)) {
        recorder.madeAgain(8);
        recorder.started(24, 40);
        recorder.report(script.report(28));
        recorder.report(script.report(32));
        recorder.madeAgain(28);
        recorder.report(script.report(36));
      }
    }
    assertThat(steps(temp)).containsExactly(4L, 8L, 28L, 36L);
    Path aside = temp.resolve("checkpoints/set-aside");
    assertThat(steps(aside.resolve("after-step-00000024"))).containsExactly(12L, 16L);
    assertThat(steps(aside.resolve("after-step-00000028"))).containsExactly(32L);
    assertThat(said)
        .containsExactly(
            "set aside what the run had after step 8, as the others have made those steps again:"
                + " 2 later lines of steps.jsonl (in "
                + aside.resolve("after-step-00000024")
                + ")",
            "set aside what the run had after step 28: 1 later line of steps.jsonl (in "
                + aside.resolve("after-step-00000028")
                + ")");
  }

  private static List<Long> steps(Path folder) throws IOException {
    return JsonLines.read(folder.resolve("steps.jsonl")).stream()
        .map(line -> line.path("step").asLong())
        .toList();
  }

  @Test
  void summaryFollowsTheContract() throws Exception {
    record(new ScriptedRun(0, 40, 40, 4));

    JsonNode summary = Json.parse(Files.readString(temp.resolve("summary.json")));

    assertThat(summary.propertyNames())
        .containsExactly(
            "method",
            "finished",
            "steps",
            "images",
            "images_per_second",
            "step_ms",
            "skipped_steps",
            "peak_rss_bytes",
            "peak_anon_bytes",
            "heap_peak_bytes",
            "predicted_bytes",
            "eval");
    assertThat(summary.path("finished").asBoolean()).isTrue();
    assertThat(summary.path("step_ms").path("p50").asDouble()).isEqualTo(210.25);
    JsonNode open = summary.path("eval").path("open");
    assertThat(open.propertyNames())
        .containsExactly("tar_at_far", "rank1", "rank5", "r_precision", "map_at_r");
    assertThat(open.path("tar_at_far").propertyNames()).containsExactly("1e-3", "1e-4", "1e-5");
    assertThat(open.path("rank1").asDouble()).isEqualTo(0.97);
  }

  @Test
  void aRunOnAGpuHasThePredictedBesideTheMeasuredMemoryOfIt() {
    RunSummary cpu = ScriptedRun.summary(40, true, Map.of());
    RunSummary gpu =
        new RunSummary(
            cpu.method(),
            cpu.steps(),
            cpu.images(),
            cpu.imagesPerSecond(),
            cpu.stepMsP50(),
            cpu.stepMsP99(),
            cpu.peakRssBytes(),
            cpu.peakAnonBytes(),
            cpu.heapPeakBytes(),
            70_000_000L,
            cpu.skippedSteps(),
            cpu.predicted().withHost("group"),
            cpu.finished(),
            cpu.eval());

    JsonNode summary = RunJson.summary(gpu, Map.of(), Map.of());

    assertThat(summary.path("device_peak_bytes").asLong()).isEqualTo(70_000_000);
    assertThat(summary.path("predicted_device_bytes").asLong())
        .isEqualTo(1_500_000 + 230_000 + 1_500_000 + 60_000_000);
    assertThat(RunJson.summary(cpu, Map.of(), Map.of()).has("predicted_device_bytes")).isFalse();
  }

  @Test
  void aResumedRunCutsItsRecordsToTheCheckpointAndEndsLikeAnUnbrokenOne() throws Exception {
    Path unbroken = temp.resolve("unbroken");
    Path killed = temp.resolve("killed");
    record(unbroken, new ScriptedRun(0, 60, 60, 4));

    record(killed, new ScriptedRun(0, 47, 60, 4)); // the checkpoint is of step 40
    Files.writeString(
        killed.resolve("steps.jsonl"), "{\"step\": 48, \"lo", StandardOpenOption.APPEND);
    record(killed, new ScriptedRun(40, 60, 60, 4));

    assertThat(killed.resolve("steps.jsonl"))
        .hasSameTextualContentAs(unbroken.resolve("steps.jsonl"));
    assertThat(killed.resolve("evaluations.jsonl"))
        .hasSameTextualContentAs(unbroken.resolve("evaluations.jsonl"));
    assertThat(killed.resolve("summary.json"))
        .hasSameTextualContentAs(unbroken.resolve("summary.json"));
  }

  @Test
  void timeGoesOnWhereTheCheckpointWasNotWhereTheProcessEnded() throws Exception {
    Path run = temp.resolve("resumed");
    recordEachSecond(run, new ScriptedRun(0, 10, 20, 1), 1000);
    recordEachSecond(run, new ScriptedRun(5, 8, 20, 1), 9000);

    assertThat(JsonLines.read(run.resolve("steps.jsonl")))
        .extracting(line -> line.path("seconds").asDouble())
        .containsExactly(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0);
  }

  /** A second passes before each report; the process begins at a time of its own. */
  private static void recordEachSecond(Path folder, ScriptedRun script, long begin)
      throws Exception {
    long[] now = {begin};
    Clock clock =
        new Clock() {
          @Override
          public ZoneId getZone() {
            return ZoneOffset.UTC;
          }

          @Override
          public Clock withZone(ZoneId zone) {
            return this;
          }

          @Override
          public Instant instant() {
            return Instant.ofEpochSecond(now[0]);
          }
        };
    try (RunDirectory run = RunDirectory.create(folder);
        RunRecorder recorder = new RunRecorder(run, clock, line -> {})) {
      recorder.started(script.fromStep(), script.lastStep());
      for (long step = script.fromStep() + 1; step <= script.toStep(); step++) {
        now[0]++;
        script.steps(recorder, step, step, run.checkpoints());
      }
    }
  }

  @Test
  void anInterruptedRunKeepsTheEvaluationsOfTheProcessBefore() throws Exception {
    record(new ScriptedRun(0, 24, 60, 4));
    record(new ScriptedRun(20, 26, 60, 4));

    JsonNode summary = Json.parse(Files.readString(temp.resolve("summary.json")));
    assertThat(summary.path("finished").asBoolean()).isFalse();
    assertThat(summary.path("eval").path("open").has("rank1")).isTrue();
  }

  @Test
  void aResumeWithNothingToDoKeepsWhatTheStepsMeasured() throws Exception {
    record(new ScriptedRun(0, 40, 40, 4));
    String summary = Files.readString(temp.resolve("summary.json"));

    RunSummary measured = ScriptedRun.summary(40, true, Map.of());
    RunSummary nothing =
        new RunSummary(
            measured.method(),
            40,
            measured.images(),
            Double.NaN,
            Double.NaN,
            Double.NaN,
            1,
            2,
            3,
            null,
            0,
            measured.predicted(),
            true,
            Map.of());
    try (RunDirectory run = RunDirectory.create(temp);
        RunRecorder recorder = new RunRecorder(run, Clock.systemUTC(), line -> {})) {
      recorder.started(40, 40);
      recorder.finished(nothing);
    }

    assertThat(Json.parse(Files.readString(temp.resolve("summary.json"))))
        .isEqualTo(Json.parse(summary));
  }

  @Test
  void leavesOutWhatIsNotFinite() throws Exception {
    try (RunDirectory run = RunDirectory.create(temp.resolve("r"));
        RunRecorder recorder = new RunRecorder(run, Clock.systemUTC(), line -> {})) {
      recorder.started(0, 2);
      recorder.report(
          new StepReport(
              1,
              64,
              0,
              0,
              1.5,
              Map.of(),
              0.1,
              Double.POSITIVE_INFINITY,
              9,
              0,
              Map.of("x", Double.NaN),
              1));
    }

    assertThat(Files.readString(temp.resolve("r/steps.jsonl"), StandardCharsets.UTF_8))
        .doesNotContain("NaN", "Infinity", "gradient_norm")
        .contains("\"loss\":1.5");
  }

  private void record(ScriptedRun script) throws Exception {
    record(temp, script);
  }

  private static void record(Path folder, ScriptedRun script) throws Exception {
    try (RunDirectory run = RunDirectory.create(folder);
        RunRecorder recorder =
            new RunRecorder(run, Clock.fixed(Instant.EPOCH, ZoneOffset.UTC), line -> {})) {
      script.play(recorder, run.checkpoints());
    }
  }
}
