package ffc.cli;

import static ffc.cli.StoredRun.ffc;
import static org.assertj.core.api.Assertions.assertThat;

import ffc.core.checkpoint.CheckpointReader;
import ffc.runs.record.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Damaged checkpoints, records and images: what a run goes on in spite of. */
class DamagedRunTest extends ShortRuns {
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
}
