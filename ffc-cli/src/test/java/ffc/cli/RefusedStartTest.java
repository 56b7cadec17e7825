package ffc.cli;

import static ffc.cli.StoredRun.ffc;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What a training finds before it makes its folder or its first step. */
class RefusedStartTest extends ShortRuns {
  @Test
  void imagesThatDoNotFitAreFoundBeforeAnythingIsCreated() throws IOException {
    Path run = temp.resolve("run");
    StoredRun.Outcome size = train(run, "--set=model.input=[1, 48, 48]");
    assertThat(size.code()).isEqualTo(2);
    assertThat(size.err().lines()).hasSize(1);
    assertThat(size.out()).doesNotContain("training");
    assertThat(run).doesNotExist();

    Path set = Files.createDirectories(temp.resolve("set/one"));
    Files.writeString(set.resolve("a.png"), "no picture");
    StoredRun.Outcome evaluate =
        train(run, "--set=evaluate=[{name: bad, format: folder, path: " + set.getParent() + "}]");
    assertThat(evaluate.code()).isEqualTo(2);
    assertThat(evaluate.err().lines()).hasSize(1);
    assertThat(evaluate.err()).startsWith("evaluate: bad: " + set.resolve("a.png"));
    assertThat(run).doesNotExist();
    assertThat(train(run).code()).as("the corrected command").isZero();
  }

  @Test
  void aFileWhereCheckpointsGoIsFoundBeforeTheFirstStep() throws IOException {
    Path run = Files.createDirectories(temp.resolve("run"));
    Files.createFile(run.resolve("checkpoints"));
    StoredRun.Outcome outcome = train(run);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .isEqualToIgnoringNewLines(
            run.resolve("checkpoints") + " is a file, wanted a folder for the run");
    Path below = run.resolve("checkpoints/run");
    outcome = train(below);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .isEqualToIgnoringNewLines(
            "--out " + below + ": " + below.getParent() + " is a file, wanted a folder");
  }

  @Test
  void aFolderForAFormatOfFilesIsRefusedByTheSettingThatTakesIt() throws IOException {
    Path photos = Files.createDirectories(temp.resolve("photos/ann"));
    StoredRun.Outcome outcome =
        train(
            temp.resolve("run"),
            "--set=data.train.format=recordio",
            "--set=data.train.path=" + photos.getParent());
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .contains("data.train.path", "is a folder, which data.train.format recordio does not take")
        .contains("wanted data.train.format=folder");
    assertThat(temp.resolve("run")).doesNotExist();
  }

  @Test
  void aSyntheticSetThatWasLaidOutIsTakenAsSuch() {
    String folder = temp.resolve("laid-out").toString();
    assertThat(ffc("data", "synth", "--ids", "40", "--out", folder).code()).isZero();
    StoredRun.Outcome outcome =
        ffc(
            "config",
            "check",
            StoredRun.SMALL.toString(),
            "--set=data.train.format=synthetic",
            "--set=data.train.path=" + folder);
    assertThat(outcome.code()).as(outcome.toString()).isZero();
  }
}
