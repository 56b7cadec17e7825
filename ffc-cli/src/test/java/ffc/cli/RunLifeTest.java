package ffc.cli;

import static ffc.cli.StoredRun.ffc;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.core.checkpoint.CheckpointReader;
import ffc.loaders.image.ImageDecoder;
import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.Trial;
import ffc.runs.record.Json;
import ffc.runs.record.JsonLines;
import ffc.runs.record.RunDirectory;
import ffc.runs.train.Training;
import ffc.runs.train.TrainingResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The life of a run and its checkpoints as a user sees it, by commands. */
class RunLifeTest {
  private static final String CONSTANT = "--set=optimizer.schedule.type=constant";

  @TempDir Path temp;

  private StoredRun.Outcome train(Path run, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("train", StoredRun.SMALL.toString(), "--out", run.toString(), CONSTANT));
    arguments.addAll(List.of(more));
    return ffc(arguments.toArray(String[]::new));
  }

  @Test
  void aResumeHearsOfOtherImagesOfTheSameNamesAndNotOfACopy() throws IOException {
    Path images = temp.resolve("images");
    Path pack = StoredRun.FOLDER.resolve("data/train.rec");
    assertThat(ffc("data", "unpack", pack.toString(), "--out", images.toString()).code()).isZero();
    Path run = temp.resolve("run");
    String folder = "--set=data.train.format=folder";
    assertThat(train(run, folder, "--set=data.train.path=" + images, "--set=run.steps=3").code())
        .isZero();

    // Copied: new times, another place.
    Path copy = Folders.copy(images, temp.resolve("copy"));
    try (Stream<Path> files = Files.walk(copy)) {
      for (Path file : files.toList()) {
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000));
      }
    }
    assertThat(goOn(run, copy, 4).out()).doesNotContain("data.train are not");

    // Every image replaced by the one before it; names and sum of sizes stay.
    List<Path> files;
    try (Stream<Path> all = Files.walk(copy)) {
      files = all.filter(Files::isRegularFile).sorted().toList();
    }
    byte[] last = Files.readAllBytes(files.get(files.size() - 1));
    for (Path file : files) {
      byte[] own = Files.readAllBytes(file);
      Files.write(file, last);
      last = own;
    }
    assertThat(goOn(run, copy, 5).out().lines())
        .containsOnlyOnce(
            "warning: the images of data.train are not those that the run had so far (up to 512"
                + " were compared): losses differ from those of an unbroken run");
    assertThat(goOn(run, copy, 6).out()).doesNotContain("data.train are not");
  }

  private static StoredRun.Outcome goOn(Path run, Path images, int steps) {
    StoredRun.Outcome outcome =
        ffc(
            "train",
            "--resume",
            run.toString(),
            "--set=data.train.path=" + images,
            "--set=run.steps=" + steps);
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    return outcome;
  }

  /** A run of 6 steps with checkpoints of steps 2, 4 and 6. */
  private Path trained() {
    Path run = temp.resolve("run");
    assertThat(train(run, "--set=run.checkpointEvery=2").code()).isZero();
    return run;
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static List<String> losses(Path file) throws IOException {
    return JsonLines.read(file).stream()
        .map(line -> line.path("step") + " " + line.path("loss"))
        .toList();
  }

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
  void aResumeByAnotherJpegDecoderIsSaidInALine() throws IOException {
    Path run = trained();
    Path manifest = run.resolve("manifest.json");
    String own = "\"jpeg_decoder\" : \"" + ImageDecoder.jpegDecoder() + "\"";
    String text = Files.readString(manifest, StandardCharsets.UTF_8);
    assertThat(text).contains(own);
    Files.writeString(manifest, text.replace(own, "\"jpeg_decoder\" : \"another\""));

    StoredRun.Outcome outcome =
        ffc("train", "--resume", run.resolve("checkpoints/step-00000004").toString());

    assertThat(outcome.code()).as(outcome.toString()).isZero();
    assertThat(outcome.out().lines())
        .anyMatch(
            line ->
                line.startsWith("JPEG was decoded by another so far, now by ")
                    && line.contains(ImageDecoder.jpegDecoder()));
  }

  @Test
  void aDamagedNewestCheckpointIsSaidAndAnOlderOneTaken() throws IOException {
    Path run = trained();
    Path newest = run.resolve("checkpoints/step-00000006");
    Path second = run.resolve("checkpoints/step-00000004");
    for (String file : names(newest)) {
      Files.delete(newest.resolve(file)); // an empty folder
    }
    byte[] probe = Files.readAllBytes(second.resolve("probe.safetensors"));
    Files.write(second.resolve("probe.safetensors"), Arrays.copyOf(probe, 100));

    StoredRun.Outcome outcome = ffc("train", "--resume", run.toString());

    assertThat(outcome.code()).as(outcome.toString()).isZero();
    assertThat(outcome.out().lines().toList())
        .anyMatch(line -> line.startsWith(newest + ": no checkpoint") && line.endsWith("instead"))
        .anyMatch(line -> line.contains("probe.safetensors: has 100 bytes"))
        .contains("from " + run.resolve("checkpoints/step-00000002"));
    assertThat(losses(run.resolve("steps.jsonl"))).hasSize(6);
    CheckpointReader.open(newest);

    Files.delete(second.resolve("checksums.txt"));
    outcome = ffc("train", "--resume", second.toString());
    assertThat(outcome.code()).as("a checkpoint that was named").isEqualTo(2);
    assertThat(outcome.err().lines()).hasSize(1);
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
  void damagedRecordsAreSetAsideAndDoNotBlockASoundCheckpoint() throws IOException {
    Path run = trained();
    List<String> lines = new ArrayList<>(Files.readAllLines(run.resolve("steps.jsonl")));
    lines.set(1, "{\"step\": \"\0\0");
    lines.add(2, "[]");
    Files.write(run.resolve("steps.jsonl"), lines);
    Files.write(
        run.resolve("steps.jsonl"), new byte[] {(byte) 0xff, '\n'}, StandardOpenOption.APPEND);
    Files.write(run.resolve("evaluations.jsonl"), new byte[] {(byte) 0xc3, '{', '\n', 0});
    Files.writeString(run.resolve("manifest.json"), "{\"started\": ");
    Files.writeString(run.resolve("summary.json"), "{");

    StoredRun.Outcome outcome = ffc("train", "--resume", run.toString(), "--set=run.steps=7");

    assertThat(outcome.code()).as(outcome.toString()).isZero();
    assertThat(outcome.out())
        .contains("manifest.json cannot be read: it is now " + run + "/manifest.json.damaged")
        .contains("3 damaged lines of steps.jsonl, 1 damaged line of evaluations.jsonl");
    assertThat(run.resolve("manifest.json.damaged")).hasContent("{\"started\": ");
    Path aside = run.resolve("checkpoints/set-aside/after-step-00000006");
    assertThat(Files.readString(aside.resolve("steps.jsonl"), StandardCharsets.UTF_8))
        .contains("[]");
    assertThat(losses(run.resolve("steps.jsonl"))).hasSize(6); // one of seven was damaged
    JsonNode summary = Json.parse(Files.readString(run.resolve("summary.json")));
    assertThat(summary.path("steps").asInt()).isEqualTo(7);
  }

  @Test
  void aDamagedRecordOfTheExperimentDoesNotBlockASoundCheckpoint() throws IOException {
    Path whole = trained();
    for (byte[] damage : new byte[][] {{}, {'{'}, {(byte) 0xff, 0, '\n'}}) {
      Path run = Folders.copy(whole, temp.resolve("run-" + damage.length));
      Path config = run.resolve("config.resolved.yaml");
      String sound = Files.readString(config);
      Files.write(config, damage);
      assertThat(ffc("runs", "compare", "" + run, "" + run, "--out=" + temp.resolve("page.html")))
          .extracting(StoredRun.Outcome::code)
          .isEqualTo(0);

      StoredRun.Outcome outcome =
          ffc(
              "train",
              "" + StoredRun.SMALL,
              CONSTANT,
              "--set=run.checkpointEvery=2",
              "--resume",
              "" + run.resolve("checkpoints/step-00000004"));

      assertThat(outcome.code()).as(outcome.toString()).isZero();
      assertThat(outcome.out())
          .containsOnlyOnce(
              "warning: " + config + " cannot be read: it is kept as " + config + ".damaged");
      assertThat(config).hasContent(sound);
      assertThat(run.resolve("config.resolved.yaml.damaged")).hasBinaryContent(damage);
      assertThat(losses(run.resolve("steps.jsonl")))
          .isEqualTo(losses(whole.resolve("steps.jsonl")));
    }
  }

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
  void theNumberOfThreadsIsTheRunsUnlessGivenAndAChangeIsSaid() throws IOException {
    Path run = temp.resolve("run");
    int all = Runtime.getRuntime().availableProcessors();
    assertThat(train(run, "--set=run.steps=1", "--set=run.threads=" + (all + 1)).code()).isZero();
    Path config =
        Files.writeString(
            temp.resolve("open.yaml"),
            Files.readString(StoredRun.SMALL).replace(" threads: 1,", ""));
    StoredRun.Outcome outcome =
        ffc("train", config.toString(), "--resume", run.toString(), "--set=run.steps=2", CONSTANT);
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    assertThat(outcome.out()).doesNotContain("run.threads");
    assertThat(RunDirectory.config(run).run().threads()).isEqualTo(all + 1);

    outcome = ffc("train", "--resume", run.toString(), "--set=run.steps=3", "--set=run.threads=1");
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    assertThat(outcome.out())
        .contains(
            "run.threads was "
                + (all + 1)
                + ", now 1: losses differ in rounding from those of the"
                + " unbroken run");
  }

  @Test
  void aRunThatABadImageEndedNamesTheWayOnAndGoesOnWithoutIt() throws IOException {
    Path run = temp.resolve("run");
    Path data = Files.createDirectories(temp.resolve("data"));
    for (String file : List.of("train.rec", "train.idx")) {
      Files.copy(StoredRun.FOLDER.resolve("data").resolve(file), data.resolve(file));
    }
    byte[] pack = Files.readAllBytes(data.resolve("train.rec"));
    String there = "--set=data.train.path=" + data.resolve("train.rec");
    assertThat(train(run, there, "--set=run.steps=2").code()).isZero();
    pack[signature(pack, 150)] = 0; // an image that the first batches do not have
    Files.write(data.resolve("train.rec"), pack);

    StoredRun.Outcome failed =
        ffc("train", "--resume", run.toString(), "--set=run.steps=400", "--set=run.reportEvery=50");
    assertThat(failed.code()).as(failed.toString()).isEqualTo(1);
    assertThat(failed.err().lines()).hasSize(1);
    assertThat(failed.err())
        .contains("--set data.onCorrupt=skip", "run.log", "--resume goes on from " + run);

    StoredRun.Outcome skipped =
        ffc(
            "train",
            "--resume",
            run.toString(),
            "--set=run.steps=30",
            "--set=data.onCorrupt=skip",
            "--set=data.corruptBudget=1");
    assertThat(skipped.code()).as(skipped.toString()).isZero();
  }

  /** Where the n-th PNG of a pack begins. */
  private static int signature(byte[] pack, int n) {
    int found = 0;
    for (int at = 0; ; at++) {
      if (pack[at] == (byte) 0x89 && pack[at + 1] == 'P' && found++ == n) {
        return at;
      }
    }
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
