package ffc.cli;

import static ffc.cli.StoredRun.ffc;
import static org.assertj.core.api.Assertions.assertThat;

import ffc.loaders.image.ImageDecoder;
import ffc.runs.record.RunDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A resume hears of what is not as it was: images, their decoder, threads. */
class ResumedElsewhereTest extends ShortRuns {
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
  void theNumberOfThreadsIsTheRunsUnlessGivenAndAChangeIsSaid() throws IOException {
    Path run = temp.resolve("run");
    int all = Runtime.getRuntime().availableProcessors();
    StoredRun.Outcome more = train(run, "--set=run.steps=1", "--set=run.threads=" + (all + 1));
    assertThat(more.code()).isZero();
    assertThat(more.out())
        .containsOnlyOnce("warning: run.threads is " + (all + 1) + ", and this machine has " + all);
    Path config =
        Files.writeString(
            temp.resolve("open.yaml"),
            Files.readString(StoredRun.SMALL).replace(" threads: 1,", ""));
    StoredRun.Outcome outcome =
        ffc("train", config.toString(), "--resume", run.toString(), "--set=run.steps=2", CONSTANT);
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    assertThat(outcome.out()).doesNotContain("run.threads was");
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
}
