package ffc.cli;

import static ffc.cli.StoredRun.ffc;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.Trial;
import ffc.runs.train.Training;
import ffc.runs.train.TrainingResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a resume goes on from and what it sets aside, as a user sees it, by commands. */
class RunLifeTest extends ShortRuns {
  @Test
  void aResumeFromAnOlderCheckpointSetsTheRestAsideInOneLineAndEndsWithItsOwnModel()
      throws IOException {
    Path run = trained();
    List<String> before = losses(run.resolve("steps.jsonl"));
    Path older = run.resolve("checkpoints/step-00000002");

    StoredRun.Outcome outcome =
        ffc(
            "train",
            "--resume",
            older.toString(),
            "--set=run.steps=5",
            "--set=run.keepCheckpoints=1");

    assertThat(outcome.code()).as(outcome.toString()).isZero();
    Path aside = run.resolve("checkpoints/set-aside/after-step-00000002");
    assertThat(outcome.out().lines())
        .containsOnlyOnce(
            "set aside what the run had after step 2: step-00000004, step-00000006,"
                + " 4 later lines of steps.jsonl, summary.json, report.html (in "
                + aside
                + ")");
    assertThat(names(aside))
        .containsExactly(
            "report.html", "step-00000004", "step-00000006", "steps.jsonl", "summary.json");
    assertThat(losses(aside.resolve("steps.jsonl"))).isEqualTo(before.subList(2, 6));
    assertThat(losses(run.resolve("steps.jsonl"))).isEqualTo(before.subList(0, 5));
    assertThat(names(run.resolve("checkpoints"))).containsExactly("set-aside", "step-00000005");

    // What was set aside is a checkpoint like any other.
    Path set = aside.resolve("step-00000006");
    outcome =
        ffc("export", "--checkpoint", set.toString(), "--out", temp.resolve("w.pt").toString());
    assertThat(outcome.code()).as(outcome.toString()).isZero();
  }

  @Test
  void aRunWithoutACheckpointSaysThatItStartsOver() throws IOException {
    Path run = trained();
    List<String> before = losses(run.resolve("steps.jsonl"));
    ffc.core.checkpoint.Checkpoints.deleteTree(run.resolve("checkpoints"));

    StoredRun.Outcome outcome = ffc("train", "--resume", run.toString());

    assertThat(outcome.code()).as(outcome.toString()).isZero();
    assertThat(outcome.out())
        .contains(run + " has no checkpoint: the run starts over from step 0")
        .contains("6 later lines of steps.jsonl");
    assertThat(losses(run.resolve("steps.jsonl"))).isEqualTo(before);
  }

  @Test
  void aResumeToFewerStepsThanTheRunHasIsRefused() throws IOException {
    Path run = temp.resolve("run");
    assertThat(train(run, "--set=run.steps=4").code()).isZero();
    byte[] config = Files.readAllBytes(run.resolve("config.resolved.yaml"));
    StoredRun.Outcome fewer = ffc("train", "--resume", run.toString(), "--set=run.steps=3");
    assertThat(fewer.code()).isEqualTo(2);
    assertThat(fewer.err()).contains("is at step 4 already, and run.steps is 3");
    assertThat(run.resolve("config.resolved.yaml")).hasBinaryContent(config);
    assertThat(ffc("train", "--resume", run.toString(), "--set=run.steps=4").code()).isZero();
  }

  @Test
  void aTrialGoesOnWithTrialsOnly() throws IOException {
    ConfigLoader trial = new ConfigLoader(Optional.of(new Trial(2)), line -> {});
    Path run = temp.resolve("run");
    assertThat(train(run, "--set=run.steps=4").code()).isZero();
    Path config = run.resolve("config.resolved.yaml");
    byte[] before = Files.readAllBytes(config);
    assertThatThrownBy(() -> Training.of(config, List.of(), trial).resume(run).run())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("FFC_TRY would end " + run + " at step 2, which is to have 4");
    assertThat(config).hasBinaryContent(before);

    Path tried = temp.resolve("tried");
    List<String> longer = List.of("run.steps=4", "optimizer.schedule.type=constant");
    Training.of(StoredRun.SMALL, longer, trial).directory(tried).run();
    Path itsConfig = tried.resolve("config.resolved.yaml");
    TrainingResult again =
        Training.of(itsConfig, List.of("run.steps=9"), trial).resume(tried).run();
    assertThat(again.summary().steps()).isEqualTo(2);
  }

  @Test
  void partsThatTheRunNeverTrainsAreToldUnlessATrialIsTheReason() throws IOException {
    String freeze = "--set=model.freeze=[stem]";
    StoredRun.Outcome frozen = train(temp.resolve("run"), freeze, "--set=model.freezeUntil=6");
    String warning =
        "warning: model.freezeUntil is 6, but the run ends after 6 steps: never trained: stem";
    assertThat(frozen.out().lines()).contains(warning);

    List<String> settings = List.of("model.freeze=[stem]", "model.freezeUntil=5");
    List<String> said = new ArrayList<>();
    Training.of(StoredRun.SMALL, settings, new ConfigLoader(Optional.of(new Trial(2)), said::add))
        .directory(temp.resolve("tried"))
        .lines(said::add)
        .run();
    assertThat(said).isNotEmpty().noneMatch(line -> line.contains("freezeUntil"));
  }

  @Test
  void aFinishedRunWhoseScheduleStretchesNamesTheWaysOn() {
    Path run = temp.resolve("run");
    assertThat(train(run, "--set=optimizer.schedule.type=cosine").code()).isZero();
    StoredRun.Outcome longer = ffc("train", "--resume", run.toString(), "--set=run.steps=9");
    assertThat(longer.code()).isEqualTo(2);
    assertThat(longer.err())
        .contains("run.steps: the run has 6, the config says 9", "the cosine schedule")
        .contains("--set optimizer.schedule.steps=6", "model.initFrom");
    assertThat(
            ffc(
                    "train",
                    "--resume",
                    run.toString(),
                    "--set=run.steps=9",
                    "--set=optimizer.schedule.steps=6")
                .code())
        .isZero();
  }
}
