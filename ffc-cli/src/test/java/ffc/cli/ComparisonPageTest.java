package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.runs.compare.Cell;
import ffc.runs.compare.CellResult;
import ffc.runs.compare.Comparison;
import ffc.runs.compare.ComparisonPage;
import ffc.runs.compare.Outcome;
import ffc.runs.compare.ResultFiles;
import ffc.runs.compare.Statistics;
import ffc.runs.record.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What a comparison makes of the runs of its cells: figures, page, tables. */
class ComparisonPageTest extends ComparisonRuns {
  @Test
  void thePageHasTheTablesOfEachDataSet() throws IOException {
    Comparison comparison = comparison(TWO_SETS);
    List<CellResult> results = new ArrayList<>();
    for (Cell cell : Cell.of(comparison)) {
      Path run = folder.resolve(cell.folder());
      fakeRun(run, 100, 1e9, cell.folder().startsWith("faces") ? 0.123 : 0.456);
      results.add(CellResult.read(cell, run, 1.1e9, comparison.target()));
    }
    Outcome outcome = new Outcome(comparison, results, List.of());
    String page = new ComparisonPage(outcome, Json.object()).html();
    String faces = page.substring(page.indexOf(">faces<"), page.indexOf(">the cars<"));
    assertThat(page).contains("2 methods, 2 data sets, 2 seeds, 8 of 8 cells measured");
    assertThat(faces).contains("0.123 [0.123–0.123]").doesNotContain("0.456");
    assertThat(page.substring(page.indexOf(">the cars<")))
        .contains("0.456 [0.456–0.456]")
        .doesNotContain("0.123");
    ResultFiles.write(outcome, Json.object(), folder);
    assertThat(folder.resolve("comparison.csv")).content().contains("\"FFC\",\"the cars\",,4,1,");
  }

  @Test
  void whatHasNotRunYetIsOneSentenceAndATrialIsCalledOne() throws IOException {
    Comparison comparison = comparison(TWO_SETS).firstRound("FFC_TRY=3 takes the first steps");
    List<CellResult> results = new ArrayList<>();
    List<Outcome.Missing> missing = new ArrayList<>();
    for (Cell cell : Cell.of(comparison)) {
      if (cell.folder().startsWith("faces")) {
        missing.add(new Outcome.Missing(cell, Outcome.Missing.NOT_RUN, Double.NaN));
      } else {
        Path run = folder.resolve(cell.folder());
        fakeRun(run, 100, 1e9, 0.456);
        results.add(CellResult.read(cell, run, 1.1e9, comparison.target()));
      }
    }
    assertThat(new ComparisonPage(new Outcome(comparison, results, missing), Json.object()).html())
        .contains("comparison (a trial)", "A trial: FFC_TRY=3 takes the first steps.")
        .contains("Not run yet: faces-FFC-seed4, faces-PFC-half-seed4.")
        .contains(">the cars<")
        .doesNotContain(">faces<");
  }

  private Outcome outcome() throws IOException {
    Comparison comparison = comparison(TEXT);
    List<CellResult> results = new ArrayList<>();
    List<Outcome.Missing> missing = new ArrayList<>();
    for (Cell cell : Cell.of(comparison)) {
      boolean partial = cell.contender().name().startsWith("PFC");
      if (partial && cell.classes() == 2000) {
        missing.add(new Outcome.Missing(cell, "does not fit into 1TB", 3e12));
        continue;
      }
      Path run = folder.resolve(cell.folder());
      fakeRun(run, 100 * cell.seed(), partial ? 2e9 : 1e9, partial ? 0.4 : 0.7);
      results.add(CellResult.read(cell, run, 1.1e9, comparison.target()));
    }
    return new Outcome(comparison, results, missing);
  }

  @Test
  void readsWhatARunLeaves() throws IOException {
    CellResult result = outcome().results().get(0);
    assertThat(result.imagesPerSecond()).isEqualTo(400);
    assertThat(result.split()).containsEntry("forward", 5.0).containsEntry("head", 1.5);
    assertThat(result.figures()).containsEntry("open.tar_at_far.1e-3", 0.7);
    assertThat(result.secondsToTarget()).isEqualTo(20 * 12.5 / 1e3);
    assertThat(outcome().results().get(1).secondsToTarget()).isNaN(); // PFC-half-c100-seed4
    assertThat(CellResult.read(result.cell(), folder.resolve("nothing"), 1, null)).isNull();
  }

  @Test
  void resultsAreWrittenAsJsonCsvPlotsAndOnePage() throws IOException {
    Outcome outcome = outcome();
    ResultFiles.write(outcome, Json.object(), folder);
    JsonNode json = Json.parse(Files.readString(folder.resolve("comparison.json")));
    assertThat(json.path("cells").size()).isEqualTo(6);
    assertThat(json.path("cells").get(0).path("images_per_second").asDouble()).isEqualTo(400);
    assertThat(json.path("missing").get(0).path("reason").asString())
        .isEqualTo("does not fit into 1TB");
    List<String> csv = Files.readAllLines(folder.resolve("comparison.csv"));
    assertThat(csv).hasSize(7);
    assertThat(csv.get(0)).contains(",open.strata.tail.tar_at_far.1e-3,");
    assertThat(json.path("cells").get(0).path("figures").path("open.strata.tail.rank1").asDouble())
        .isEqualTo(0.3);
    assertThat(outcome.figureNames()).containsExactly("open.tar_at_far.1e-3", "open.rank1");
    assertThat(csv.get(0))
        .startsWith("contender,dataset,classes,seed")
        .endsWith("ms_forward,ms_head");
    assertThat(csv.get(2)).startsWith("\"PFC, half\",,100,4,1,400,12.5,2000000000,2000000000");

    String page = new ComparisonPage(outcome, Json.object()).html();
    assertThat(page.split("<svg", -1)).hasSize(1 + 6);
    assertThat(page)
        .contains("A &lt;small&gt; comparison", "open TAR@FAR=1e-3", "0.700 [0.700–0.700]")
        .contains("Accuracy by size of the identity", "open, tail", "0.200 [0.200–0.200]")
        .contains("open TAR@FAR=1e-3 over steps", "open TAR@FAR=1e-3 over time")
        .contains("450 [400–500]", "does not fit into 1TB", "3.00 TB", "nothing is real here")
        .doesNotContain("http://", "https://");
  }

  @Test
  void withoutEvaluationSetsThePageShowsTheCosts() throws IOException {
    Comparison comparison = comparison(TEXT.replace("classes: [100, 2000]", ""));
    Cell cell = Cell.of(comparison).get(0);
    Path run = folder.resolve("run");
    fakeRun(run, 321, 1e9, 0.5);
    Files.writeString(run.resolve("evaluations.jsonl"), "");
    Files.writeString(
        run.resolve("summary.json"),
        Files.readString(run.resolve("summary.json")).replaceAll(",\\s*\"eval\":.*", "}"));
    CellResult result = CellResult.read(cell, run, 1.1e9, null);
    Outcome outcome = new Outcome(comparison, List.of(result), List.of());

    assertThat(new ComparisonPage(outcome, Json.object()).html()).contains("<h2>Cost</h2>", "321");
  }

  @Test
  void aRunOfAFewStepsHasNoThroughputAndNoNaNIsShown() throws IOException {
    Comparison comparison = comparison(TEXT.replace("classes: [100, 2000]", ""));
    Cell cell = Cell.of(comparison).get(0);
    Path run = folder.resolve("run");
    fakeRun(run, 321, 1e9, 0.7);
    Files.writeString(
        run.resolve("summary.json"),
        Files.readString(run.resolve("summary.json"))
            .replaceAll("\"(images_per_second|step_ms)\":([0-9.]+|\\{[^}]*\\}),", ""));
    CellResult result = CellResult.read(cell, run, 1.1e9, comparison.target());
    Outcome outcome = new Outcome(comparison, List.of(result), List.of());

    assertThat(CompareCommand.describe(result))
        .isEqualTo("peak 1.00 GB (predicted 1.10 GB), open TAR@FAR=1e-3 0.700");
    ResultFiles.write(outcome, Json.object(), folder);
    assertThat(Files.readString(folder.resolve("comparison.csv"))).doesNotContain("NaN");
    assertThat(new ComparisonPage(outcome, Json.object()).html())
        .doesNotContain("NaN", "not reached");
  }

  @Test
  void medianMeanAndRangeLeaveOutMissingValues() {
    Statistics s = Statistics.of(List.of(3.0, Double.NaN, 1.0, 2.0, 10.0));
    assertThat(s).isEqualTo(new Statistics(4, 2.5, 4, 1, 10));
    assertThat(Statistics.of(List.of(Double.NaN)).isEmpty()).isTrue();
  }
}
