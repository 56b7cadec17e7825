package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.Experiment;
import ffc.runs.record.RunDirectory;
import ffc.runs.record.RunRecorder;
import ffc.runs.record.ScriptedRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportCommandTest {
  @TempDir Path temp;
  private Path run;

  /** As a process leaves it that was killed after step 60. */
  @BeforeEach
  void killedRun() throws Exception {
    run = temp.resolve("run");
    Experiment experiment =
        new ConfigLoader().load(Path.of("../configs/quickstart.yaml"), List.of(), false);
    try (RunDirectory directory = RunDirectory.create(run);
        RunRecorder recorder = new RunRecorder(directory, Clock.systemUTC(), line -> {})) {
      directory.writeConfig(experiment);
      recorder.started(0, 400);
      new ScriptedRun(0, 60, 400, 20).steps(recorder, 1, 60, directory.checkpoints());
    }
  }

  @Test
  void aKilledRunGetsItsReportAndNothingElseChanges() throws Exception {
    Map<Path, String> before = files();
    assertThat(report())
        .contains("method ffc, cut off at step 60", "<h3>Loss</h3>", "median so far");
    Map<Path, String> after = files();
    assertThat(after.remove(run.resolve("report.html"))).isNotNull();
    assertThat(after).isEqualTo(before);
  }

  @Test
  void aRunThatTrainsGetsAReportAndStaysHeld() throws Exception {
    try (RunDirectory held = RunDirectory.reopen(run)) {
      assertThat(report()).contains("in progress at step 60");
      assertThat(RunDirectory.isHeld(held.folder())).isTrue();
    }
  }

  @Test
  void aFailureStandsInTheReportUntilTheRunHasGoneOn() throws Exception {
    Path log = run.resolve("run.log");
    Files.writeString(
        log,
        "2026-01-01T10:00:00Z java.lang.IllegalStateException: <first>\n\tat x\n"
            + "2026-01-02T10:00:00Z java.io.IOException: no <space>\n\tat y\n");
    assertThat(report())
        .contains("failed at step 60", "java.io.IOException: no &lt;space&gt;")
        .doesNotContain("&lt;first");
    Files.setLastModifiedTime(log, FileTime.from(Instant.EPOCH));
    assertThat(report()).contains("cut off at step 60").doesNotContain("Failure");
  }

  @Test
  void theFolderOfAComparisonHasAnotherCommand() throws Exception {
    Path folder = temp.resolve("comparison");
    Files.createDirectories(folder.resolve("cells"));
    InProcess.Outcome outcome = InProcess.run(List.of("report", folder.toString()));
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .contains(folder + " is the folder of a comparison: ./ffc compare CONFIG --report-only");
  }

  @Test
  void damagedRecordsLeaveAReportOfTheRest() throws Exception {
    Files.writeString(run.resolve("config.resolved.yaml"), "name: [cut");
    Files.writeString(run.resolve("summary.json"), "{");
    assertThat(report()).contains("at step 60", "<h3>Loss</h3>");
  }

  private String report() throws IOException {
    StoredRun.Outcome outcome = StoredRun.ffc("report", run.toString());
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.code()).isZero();
    assertThat(outcome.out()).isEqualTo("report " + run.resolve("report.html") + "\n");
    return Files.readString(run.resolve("report.html"));
  }

  private Map<Path, String> files() throws IOException {
    Map<Path, String> files = new HashMap<>();
    try (Stream<Path> all = Files.walk(run)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        files.put(
            file, Files.getLastModifiedTime(file) + new String(Files.readAllBytes(file), "latin1"));
      }
    }
    return files;
  }
}
