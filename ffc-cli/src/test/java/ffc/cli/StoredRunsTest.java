package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ffc.runs.record.JsonLines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Runs that earlier versions left go on as they would have then. */
class StoredRunsTest {
  @TempDir Path temp;

  static Stream<Path> runs() throws IOException {
    return StoredRun.all().stream();
  }

  @Test
  void everyMethodHasARunOfEachFormat() throws IOException {
    assertThat(runs().map(run -> run.getParent().getFileName() + "/" + run.getFileName()))
        .contains(
            "format-1/dcq",
            "format-1/ffc-two-row",
            "format-1/ffc-weighted",
            "format-1/full-fc",
            "format-1/partial-fc-dense",
            "format-1/partial-fc-sparse",
            "format-1/triplet",
            "format-1/virtual-fc");
  }

  @ParameterizedTest
  @MethodSource("runs")
  void aStoredRunGoesOnWithTheLossesOfItsUnbrokenRun(Path stored) throws IOException {
    Path run = Folders.copy(stored, temp.resolve("run"));
    StoredRun.Outcome outcome = StoredRun.ffc("train", "--resume", run.toString());
    assertThat(outcome.code()).as(outcome.toString()).isZero();

    List<Double> wanted =
        Files.readAllLines(stored.resolve("losses.txt")).stream().map(Double::valueOf).toList();
    List<JsonNode> got = JsonLines.read(run.resolve("steps.jsonl"));
    assertThat(wanted).hasSize(3);
    assertThat(got).hasSize(3);
    for (int i = 0; i < 3; i++) {
      assertThat(got.get(i).path("step").asInt()).isEqualTo(4 + i);
      // Processors differ in rounding.
      assertThat(got.get(i).path("loss").asDouble())
          .as("step " + (4 + i))
          .isCloseTo(wanted.get(i), within(1e-4 * wanted.get(i)));
    }
  }
}
