package ffc.cli;

import static ffc.cli.StoredRun.ffc;
import static org.assertj.core.api.Assertions.assertThat;

import ffc.runs.record.JsonLines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;

/** Runs of a few steps on the stored images, by commands. */
abstract class ShortRuns {
  static final String CONSTANT = "--set=optimizer.schedule.type=constant";

  @TempDir Path temp;

  StoredRun.Outcome train(Path run, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("train", StoredRun.SMALL.toString(), "--out", run.toString(), CONSTANT));
    arguments.addAll(List.of(more));
    return ffc(arguments.toArray(String[]::new));
  }

  /** A run of 6 steps with checkpoints of steps 2, 4 and 6. */
  Path trained() {
    Path run = temp.resolve("run");
    assertThat(train(run, "--set=run.checkpointEvery=2").code()).isZero();
    return run;
  }

  static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  static List<String> losses(Path file) throws IOException {
    return JsonLines.read(file).stream()
        .map(line -> line.path("step") + " " + line.path("loss"))
        .toList();
  }
}
