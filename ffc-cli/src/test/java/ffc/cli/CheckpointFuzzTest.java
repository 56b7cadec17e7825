package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Checkpoints cut short and with flipped bits whose checksums match all the same: every command
 * either takes them or refuses them in one line.
 */
class CheckpointFuzzTest {
  private static final int MUTANTS = 8;

  @TempDir Path temp;

  static List<Path> runs() throws IOException {
    return StoredRun.all();
  }

  @ParameterizedTest
  @MethodSource("runs")
  void areTakenOrRefusedInOneLine(Path stored) throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int refused = 0;
    for (int mutant = 0; mutant < MUTANTS; mutant++) {
      Path run = Folders.copy(stored, temp.resolve("run-" + mutant));
      Path checkpoint = run.resolve("checkpoints/step-00000003");
      String what = mutate(checkpoint, random);
      StoredRun.sum(checkpoint);
      // The run ends where the checkpoint stands; a constant rate has no length that this could
      // change.
      boolean constant =
          Files.readString(run.resolve("config.resolved.yaml")).contains("type: constant");
      StoredRun.Outcome outcome =
          StoredRun.ffc(
              "train",
              "--resume",
              run.toString(),
              "--set=run.steps=3",
              "--set=optimizer.schedule.steps=" + (constant ? "" : "6"));
      String as = "seed " + seed + ", mutant " + mutant + ": " + what + "\n" + outcome;
      assertThat(outcome.code()).as(as).isIn(0, 2);
      assertThat(checkpoint).as(as).isDirectory();
      assertThat(run.resolve("run.log")).as(as).doesNotExist();
      if (outcome.code() == 2) {
        refused++;
        assertThat(outcome.err().lines().toList()).as(as).hasSize(1);
        assertThat(outcome.err()).as(as).contains(checkpoint.toString());
        assertThat(outcome.err()).as(as).doesNotContain("Exception", "null", "--resume");
      }
    }
    assertThat(refused).as("seed %d", seed).isPositive();
  }

  @ParameterizedTest
  @MethodSource("runs")
  void areRefusedByEvalAndExportTooWhenTheNetworkIsCut(Path stored) throws IOException {
    Path run = Folders.copy(stored, temp.resolve("run"));
    Path checkpoint = run.resolve("checkpoints/step-00000003");
    Path probe = checkpoint.resolve("probe.safetensors");
    byte[] bytes = Files.readAllBytes(probe);
    Files.write(probe, Arrays.copyOf(bytes, bytes.length / 2));
    StoredRun.sum(checkpoint);
    String data = StoredRun.FOLDER.resolve("data/train.rec").toString();
    for (List<String> command :
        List.of(
            List.of("eval", "--data", data, "--format", "recordio"),
            List.of(
                "embed",
                "--data",
                data,
                "--format",
                "recordio",
                "--out",
                temp.resolve("e.npy").toString()),
            List.of("export", "--out", temp.resolve("w.safetensors").toString()))) {
      String[] arguments =
          Stream.concat(command.stream(), Stream.of("--checkpoint", run.toString()))
              .toArray(String[]::new);
      StoredRun.Outcome outcome = StoredRun.ffc(arguments);
      assertThat(outcome.code()).as(command + "\n" + outcome).isEqualTo(2);
      assertThat(outcome.err().lines().toList()).as(command + "\n" + outcome).hasSize(1);
      assertThat(outcome.err()).contains(probe + ": cannot be read: ");
    }
  }

  /** Cuts a file, flips bits of it, or writes an extreme number into it. */
  private static String mutate(Path checkpoint, Random random) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(checkpoint)) {
      files = all.filter(file -> !file.endsWith("checksums.txt")).sorted().toList();
    }
    Path file = files.get(random.nextInt(files.size()));
    byte[] bytes = Files.readAllBytes(file);
    // Headers are where the damage is; most bytes are weights.
    int range = random.nextBoolean() ? Math.min(bytes.length, 64) : bytes.length;
    int at = random.nextInt(range);
    String what;
    switch (random.nextInt(4)) {
      case 0 -> {
        bytes = Arrays.copyOf(bytes, at);
        what = "cut to " + at;
      }
      case 1 -> {
        bytes = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(9));
        what = "longer";
      }
      case 2 -> {
        for (int i = at; i < Math.min(bytes.length, at + 8); i++) {
          bytes[i] = (byte) (i == at ? 0x7f : 0xff);
        }
        what = "extreme at " + at;
      }
      default -> {
        for (int i = 0; i < 3; i++) {
          bytes[random.nextInt(range)] ^= (byte) (1 << random.nextInt(8));
        }
        what = "bits within " + range;
      }
    }
    Files.write(file, bytes);
    return file.getFileName() + " " + what;
  }
}
