package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.runs.record.Json;
import ffc.runs.record.JsonLines;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** The shipped quick start with several trainers, nothing changed but the number of steps. */
@Tag("slow")
@Tag("faults")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class LocalTrainersTest {
  private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
  private static final Path QUICKSTART = Path.of("configs/quickstart.yaml");

  @TempDir Path temp;
  private final Random random = new Random();

  private TrainingProcess train(int trainers, int steps, String... options) throws IOException {
    List<String> all =
        Stream.concat(
                Stream.of(
                    "--trainers=" + trainers,
                    "--set=run.steps=" + steps,
                    "--set=cluster.port=" + (15_000 + random.nextInt(10_000))),
                Stream.of(options))
            .toList();
    return TrainingProcess.start(HOME, QUICKSTART, all.toArray(String[]::new));
  }

  private static int lastStep(Path run) throws IOException {
    List<JsonNode> lines = JsonLines.read(run.resolve("steps.jsonl"));
    return lines.get(lines.size() - 1).path("step").asInt();
  }

  private static void assertKept(Path run, int steps) throws IOException {
    assertThat(run.resolve(String.format("checkpoints/step-%08d/checksums.txt", steps))).exists();
    assertThat(run.resolve("report.html")).isNotEmptyFile();
    assertThat(Json.parse(Files.readString(run.resolve("summary.json"))).path("steps").asInt())
        .isEqualTo(steps);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void theQuickStartRunsAsDocumentedAndGoesOnWithAnotherNumberOfTrainers(int trainers)
      throws Exception {
    int steps = 12;
    Path out = temp.resolve("run");
    int stoppedAt;
    try (TrainingProcess run = train(trainers, steps, "--out=" + out)) {
      run.awaitLine("step 1/12");
      int code = run.interrupt();
      assertThat(run.finish()).as(run.text()).isEqualTo(code);
      stoppedAt = lastStep(out);
      assertThat(stoppedAt).isLessThan(steps);
      assertKept(out, stoppedAt);
    }
    try (TrainingProcess run = train(5 - trainers, steps, "--out=" + out, "--resume")) {
      assertThat(run.finish()).as(run.text()).isZero();
      assertThat(run.text()).contains("done after 12 steps", "open-pairs: accuracy");
      assertKept(out, steps);
    }
    try (TrainingProcess again = train(trainers, steps, "--out=" + out, "--resume")) {
      assertThat(again.finish()).as("nothing left to do: " + again.text()).isZero();
    }
  }

  /** In which ways a run of several trainers may be asked to stop. */
  enum Stop {
    INTERRUPT {
      @Override
      void ask(TrainingProcess run) throws Exception {
        run.interrupt();
      }
    },
    TERM {
      @Override
      void ask(TrainingProcess run) throws Exception {
        run.signal("TERM");
      }
    },
    /** As timeout(1), schedulers and service managers do it. */
    TERM_TO_ALL {
      @Override
      void ask(TrainingProcess run) throws Exception {
        run.signalAll("TERM");
      }
    },
    /** What a terminal does to its processes when it closes; nohup has it ignored. */
    HANGUP_TO_ALL {
      @Override
      void ask(TrainingProcess run) throws Exception {
        run.signalAll(TrainingProcess.isIgnored(TrainingProcess.HUP) ? "TERM" : "HUP");
      }
    },
    TERM_TO_A_TRAINER {
      @Override
      void ask(TrainingProcess run) throws Exception {
        run.signalRank("TERM", 1);
      }
    };

    abstract void ask(TrainingProcess run) throws Exception;
  }

  @ParameterizedTest
  @EnumSource
  void aStopKeepsCheckpointSummaryAndReport(Stop stop) throws Exception {
    Path out = temp.resolve("run");
    try (TrainingProcess run = train(2, 10_000, "--out=" + out)) {
      run.awaitLine("step 1/");
      stop.ask(run);
      assertThat(run.finish()).as(run.text()).isIn(129, 130, 143);
      int stoppedAt = lastStep(out);
      assertKept(out, stoppedAt);
      assertThat(run.text()).doesNotContain("starting it again", "killed");
    }
  }

  @Test
  void aStopBeforeTheTrainersAreThereEndsAtOnceAndLeavesNothing() throws Exception {
    Path out = temp.resolve("run");
    try (TrainingProcess run = train(2, 10_000, "--out=" + out)) {
      while (run.trainers().size() < 2) {
        Thread.onSpinWait();
      }
      int code = run.interrupt();
      assertThat(run.finish()).as(run.text()).isEqualTo(code);
      assertThat(run.text())
          .contains("ffc: stopping; no step has been made, so there is nothing to keep");
    }
    assertThat(out).doesNotExist();
  }

  @Test
  void aSecondSignalEndsAllTrainersAtOnce() throws Exception {
    try (TrainingProcess run = train(2, 10_000, "--out=" + temp.resolve("run"))) {
      run.awaitLine("step 1/");
      List<ProcessHandle> trainers = run.trainers();
      assertThat(trainers).hasSize(2);
      for (ProcessHandle trainer : trainers) {
        new ProcessBuilder("kill", "-STOP", Long.toString(trainer.pid())).start().waitFor();
      }
      run.signal("TERM");
      run.awaitLine("ffc: stopping;");
      // Within a second it would be the same wish.
      while (run.isAlive()) {
        run.signal("TERM");
      }
      assertThat(run.finish()).isEqualTo(143);
      for (ProcessHandle trainer : trainers) {
        trainer.onExit().get(60, TimeUnit.SECONDS);
      }
    }
  }

  @Test
  void trainersWhoseStarterIsKilledEndWithACheckpointAndTheSecretIsNowhere() throws Exception {
    Path out = temp.resolve("run");
    String secret = "known-to-the-trainers";
    try (TrainingProcess run = train(2, 10_000, "--out=" + out, "--set=cluster.secret=" + secret)) {
      run.awaitLine("step 1/");
      List<ProcessHandle> trainers = run.trainers();
      for (ProcessHandle trainer : trainers) {
        assertThat(Path.of("/proc/" + trainer.pid() + "/cmdline"))
            .content(StandardCharsets.ISO_8859_1)
            .doesNotContain(secret);
      }
      run.kill();
      for (ProcessHandle trainer : trainers) {
        trainer.onExit().get(120, TimeUnit.SECONDS);
      }
      int stoppedAt = lastStep(out);
      assertKept(out, stoppedAt);
    }
    try (Stream<Path> files = Files.walk(out)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(file).content(StandardCharsets.ISO_8859_1).doesNotContain(secret);
      }
    }
    assertThat(out.resolve("config.resolved.yaml")).content().contains("${FFC_CLUSTER_SECRET}");
  }
}
