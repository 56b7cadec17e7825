package ffc.runs.compare;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.core.ffc.FfcConfig;
import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.Experiment;
import ffc.runs.plan.ByteSize;
import ffc.runs.plan.MemoryPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every file in configs/ is one that the program takes, and says what it is for. */
class CommittedConfigsTest {
  private static final Path CONFIGS = Path.of("../configs");

  private static List<Path> files(boolean comparisons) throws IOException {
    try (Stream<Path> files = Files.list(CONFIGS)) {
      return files
          .filter(f -> f.toString().endsWith(".yaml"))
          .filter(f -> f.getFileName().toString().startsWith("compare-") == comparisons)
          .sorted()
          .toList();
    }
  }

  static List<Path> experiments() throws IOException {
    return files(false);
  }

  static List<Path> comparisons() throws IOException {
    return files(true);
  }

  @ParameterizedTest
  @MethodSource("experiments")
  void anExperimentLoads(Path file) throws IOException {
    Experiment experiment = new ConfigLoader().load(file, List.of(), false);
    assertThat(file.getFileName()).hasToString(experiment.name() + ".yaml");
    assertThat(Files.readString(file)).startsWith("# ");
  }

  @ParameterizedTest
  @MethodSource("comparisons")
  void everyCellOfAComparisonIsAnExperiment(Path file) throws IOException {
    Comparison comparison = ComparisonReader.read(file);
    assertThat(file.getFileName()).hasToString(comparison.name() + ".yaml");
    assertThat(Files.readString(file)).startsWith("# ");
    List<Cell> cells = Cell.of(comparison);
    assertThat(cells).hasSizeGreaterThan(2);
    int pairs = CellConfig.experiment(comparison, cells.get(0), false).data().pairsPerBatch();
    for (Cell cell : cells) {
      Experiment experiment = CellConfig.experiment(comparison, cell, false);
      assertThat(experiment.seed()).isEqualTo(cell.seed());
      assertThat(experiment.data().pairsPerBatch())
          .as("images of a batch are the same in every cell")
          .isEqualTo(pairs);
    }
  }

  @Test
  void theScaleComparisonHoldsTheGroupConstantAndLeavesOutWhatDoesNotFit() {
    Comparison comparison = ComparisonReader.read(CONFIGS.resolve("compare-scale.yaml"));
    long fits = ByteSize.parse(comparison.memory());
    int left = 0;
    for (Cell cell : Cell.of(comparison)) {
      Experiment experiment = CellConfig.experiment(comparison, cell, false);
      long bytes =
          new MemoryPlan(experiment, 1).predict(experiment.method(), cell.classes()).total();
      if (experiment.method() instanceof FfcConfig ffc) {
        assertThat(ffc.capacity()).isEqualTo(5000);
        assertThat(bytes).isLessThan(fits);
      } else if (bytes > fits) {
        left++;
        assertThat(cell.classes()).isGreaterThanOrEqualTo(10_000_000);
      }
    }
    // Partial FC and full FC at 10^7 and 10^8, in three rounds.
    assertThat(left).isEqualTo(12);
  }
}
