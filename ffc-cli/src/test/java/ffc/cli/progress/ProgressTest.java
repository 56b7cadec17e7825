package ffc.cli.progress;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.runs.record.ScriptedRun;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private static final ScriptedRun RUN = new ScriptedRun(0, 40, 40, 4);

  @Test
  void plainLinesTellOfStepsEvaluationsAndTheEnd() {
    StringWriter text = new StringWriter();

    RUN.play(new PlainProgress(new PrintWriter(text), 4), Path.of("checkpoints"));

    List<String> lines = text.toString().lines().toList();
    assertThat(lines.get(0)).isEqualTo("training 40 steps");
    assertThat(lines.get(1)).startsWith("step 1/40  loss ");
    assertThat(lines)
        .anyMatch(
            line ->
                line.matches(
                    "step 12/40  loss \\d+\\.\\d+ \\(existing \\S+ fresh \\S+\\)  lr \\S+  \\d+"
                        + " images/s  data wait \\S+ %  left 0:0\\d"))
        .anyMatch(
            line ->
                line.matches(
                    "step 20  open: TAR@FAR=1e-3 \\S+  TAR@FAR=1e-4 \\S+  TAR@FAR=1e-5 \\S+ "
                        + " rank-1 0.9700  \\(5630 images, 1.9 s\\)"))
        .contains("step 40  checkpoint checkpoints/step-40");
    assertThat(lines.get(lines.size() - 1))
        .isEqualTo("done after 40 steps, 7680 images, 913 images/s; peak memory 1100 MB");
    assertThat(text.toString()).doesNotContain("\u001b", "\r");
  }

  @Test
  void aFirstStepThatIsReportedIsPrintedOnce() {
    for (ScriptedRun run : List.of(new ScriptedRun(0, 3, 3, 1), new ScriptedRun(19, 20, 20, 7))) {
      StringWriter text = new StringWriter();
      run.play(new PlainProgress(new PrintWriter(text), run.every()), Path.of("checkpoints"));
      assertThat(text.toString().lines().filter(line -> line.matches("step [0-9]+/.*")))
          .hasSize((int) (run.toStep() - run.fromStep()));
    }
  }

  @Test
  void aStopAfterTheFirstStepPrintsItOnce() {
    StringWriter text = new StringWriter();
    new ScriptedRun(0, 1, 40, 20)
        .play(new PlainProgress(new PrintWriter(text), 20), Path.of("checkpoints"));
    assertThat(text.toString().lines().filter(line -> line.startsWith("step 1/40"))).hasSize(1);
  }

  @Test
  void figuresByStratumStandAtTheEnd() {
    StringWriter text = new StringWriter();
    RUN.play(new PlainProgress(new PrintWriter(text), 4), Path.of("checkpoints"));
    List<String> lines = text.toString().lines().toList();
    assertThat(lines.subList(lines.size() - 4, lines.size() - 1))
        .allMatch(
            line ->
                line.matches(
                    "open, (head|middle|tail), 100 identities:(  TAR@FAR=1e-[34] 0\\.\\d{4}"
                        + " \\[0\\.\\d{4}, 0\\.\\d{4}\\]){2}  rank-1 0\\.\\d{4}"));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (BarProgress bar =
        new BarProgress(new PrintStream(bytes, true, StandardCharsets.UTF_8), 120)) {
      RUN.play(bar, Path.of("checkpoints"));
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("open, tail, 100 identities:");
  }

  @Test
  void aResumeOfARunThatIsDoneSaysThatNoStepIsLeft() {
    StringWriter text = new StringWriter();
    PlainProgress progress = new PlainProgress(new PrintWriter(text), 20);
    progress.started(40, 40);
    assertThat(text).hasToString("resuming after step 40 of 40: no step is left to train\n");
  }

  /** A trainer that was restarted hears of the steps that are lost before its run begins. */
  @Test
  void lostStepsAreToldBeforeTheStartToo() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (BarProgress bar =
        new BarProgress(new PrintStream(bytes, true, StandardCharsets.UTF_8), 120)) {
      bar.wentBack(30, 20);
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .contains("going back from step 30 to the checkpoint of step 20");
  }

  @Test
  void theBarEndsWithEveryStepCountedAndKeepsEvaluationLines() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    try (BarProgress bar =
        new BarProgress(new PrintStream(bytes, true, StandardCharsets.UTF_8), 120)) {
      RUN.play(bar, Path.of("checkpoints"));
    }

    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .contains("40/40", "loss ", "img/s", "step 20  open: TAR@FAR=1e-3", "done after 40 steps");
  }

  @Test
  void hoursAppearOnlyWhenThereAreSome() {
    assertThat(Lines.clock(Duration.ofSeconds(59))).isEqualTo("0:59");
    assertThat(Lines.clock(Duration.ofSeconds(3599))).isEqualTo("59:59");
    assertThat(Lines.clock(Duration.ofHours(34).plusSeconds(62))).isEqualTo("34:01:02");
  }
}
