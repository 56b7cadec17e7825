package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.pfc.partialfc.PartialFcConfig;
import ffc.runs.compare.Cell;
import ffc.runs.compare.CellConfig;
import ffc.runs.compare.CellResult;
import ffc.runs.compare.CellRunner;
import ffc.runs.compare.Comparison;
import ffc.runs.compare.ComparisonPage;
import ffc.runs.compare.ComparisonReader;
import ffc.runs.compare.Outcome;
import ffc.runs.compare.ResultFiles;
import ffc.runs.compare.Statistics;
import ffc.runs.experiment.ConfigWriter;
import ffc.runs.experiment.Experiment;
import ffc.runs.record.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;

class ComparisonTest {
  private static final String TEXT =
      """
      name: small
      title: A <small> comparison
      experiment:
        data: {train: {format: synthetic, path: "ids={classes};mean=2"}, idsPerBatch: 8, instancesPerBatch: 8}
        model: {backbone: iresnet, input: [1, 16, 16], layers: [1, 1], widths: [4, 8], embedding: 8}
        optimizer: {learningRate: 0.1}
        evaluate: [{name: open, format: recordio, path: open.rec}]
        run: {steps: 20}
      contenders:
        - {name: FFC, method: {type: ffc, capacity: 50}}
        - {name: "PFC, half", method: {type: partial-fc, sampleRate: 0.5}, set: {run.steps: 30}}
      seeds: [4, 5]
      classes: [100, 2000]
      memory: 1TB
      target: {figure: open.tar_at_far.1e-3, value: 0.5}
      notes: [nothing is real here]
      """;

  @TempDir Path folder;

  private Comparison comparison(String text) throws IOException {
    Path file = folder.resolve("small.yaml");
    Files.writeString(file, text);
    return ComparisonReader.read(file);
  }

  @Test
  void cellsAreAllCombinationsAndContendersTakeTurns() throws IOException {
    List<Cell> cells = Cell.of(comparison(TEXT));
    assertThat(cells)
        .extracting(Cell::folder)
        .containsExactly(
            "FFC-c100-seed4",
            "PFC-half-c100-seed4",
            "FFC-c2000-seed4",
            "PFC-half-c2000-seed4",
            "FFC-c100-seed5",
            "PFC-half-c100-seed5",
            "FFC-c2000-seed5",
            "PFC-half-c2000-seed5");
  }

  @Test
  void aCellsExperimentHasItsMethodSeedClassesAndSettings() throws IOException {
    Comparison comparison = comparison(TEXT);
    Cell cell = Cell.of(comparison).get(7);
    Experiment experiment = CellConfig.experiment(comparison, cell, false);
    assertThat(experiment.name()).isEqualTo("PFC-half-c2000-seed5");
    assertThat(experiment.seed()).isEqualTo(5);
    assertThat(experiment.data().train().text()).isEqualTo("ids=2000;mean=2");
    assertThat(experiment.run().steps()).isEqualTo(30);
    assertThat(((PartialFcConfig) experiment.method()).sampleRate()).isEqualTo(0.5);
    assertThat(CellConfig.yaml(comparison, cell, path -> "index of " + path))
        .contains("index of ids=2000;mean=2");
  }

  private static final String TWO_SETS =
      TEXT.replace(
          "classes: [100, 2000]",
          """
          datasets:
            - name: faces
              set: {data.train.path: "ids=900;mean=2", run.steps: 25}
              contenders: {FFC: {method.capacity: 90}}
            - {name: the cars, set: {data.train.path: "ids=98;mean=40"}}
          """);

  @Test
  void everyContenderRunsOnEveryDataSetWithTheSettingsOfBoth() throws IOException {
    Comparison comparison = comparison(TWO_SETS);
    List<Cell> cells = Cell.of(comparison);
    assertThat(cells.subList(0, 4))
        .extracting(Cell::folder)
        .containsExactly(
            "faces-FFC-seed4",
            "faces-PFC-half-seed4",
            "the-cars-FFC-seed4",
            "the-cars-PFC-half-seed4");
    assertThat(CellConfig.yaml(comparison, cells.get(0), path -> path))
        .contains("capacity: 90", "ids=900;mean=2", "steps: 25");
    assertThat(CellConfig.yaml(comparison, cells.get(1), path -> path))
        .contains("ids=900;mean=2", "steps: 30");
    assertThat(CellConfig.yaml(comparison, cells.get(2), path -> path))
        .contains("capacity: 50", "ids=98;mean=40", "steps: 20");
  }

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

  @Test
  void cellsThatDoNotRunNeedNoDataHere() throws IOException {
    String text =
        TWO_SETS
            .replace("format: synthetic", "format: folder")
            .replace("\"ids=98;mean=40\"", "\"" + folder + "\"")
            .replace("\"ids=900;mean=2\"", "\"${FFC_NOT_SET_HERE}/faces\"")
            .replace(
                "path: open.rec", "path: " + Path.of("../data/quickstart/open.rec").toRealPath());
    Comparison comparison = comparison(text);
    ComparisonReader.checkCells(
        folder.resolve("small.yaml"), comparison, cell -> cell.dataset().name().equals("the cars"));
    assertThatThrownBy(
            () ->
                ComparisonReader.checkCells(folder.resolve("small.yaml"), comparison, cell -> true))
        .hasMessageContaining("environment variable FFC_NOT_SET_HERE is not set");
    assertThat(compare(text.replace("" + folder, "nowhere")).err()).contains("nothing to report");
  }

  @Test
  void mistakesOfDataSetsStandAtTheLineOfTheFile() throws IOException {
    int first = TWO_SETS.substring(0, TWO_SETS.indexOf("  - name: faces")).split("\n", -1).length;
    InProcess.Outcome outcome =
        compare(
            TWO_SETS
                .replace("run.steps: 25", "run.steps: -25")
                .replace("capacity: 90", "capacty: 90"));
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .contains("small.yaml:" + (first + 1) + ":", "-25")
        .contains("small.yaml:" + (first + 2) + ":", "capacty");
    assertThat(compare(TWO_SETS.replace("{FFC: {", "{FCF: {")).err())
        .contains(
            "datasets: faces has settings for \"FCF\", which is no contender; wanted one of FFC")
        .hasLineCount(1);
  }

  @Test
  void mistakesAreOneLineThatNamesTheFile() {
    for (Map.Entry<String, String> mistake :
        Map.of(
                TEXT.replace("seeds:", "sedes:"),
                "sedes",
                TEXT.replace("name: small", ""),
                "name is missing",
                TEXT.replace("PFC, half", "FFC"),
                "name them apart",
                TEXT.replace("1TB", "much"),
                "such as 80GiB",
                "{",
                "small.yaml")
            .entrySet()) {
      assertThatThrownBy(() -> comparison(mistake.getKey()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(mistake.getValue())
          .message()
          .doesNotContain("\n");
    }
  }

  /** A run directory as a training leaves it. */
  private void fakeRun(Path run, double imagesPerSecond, double anon, double tar)
      throws IOException {
    Files.createDirectories(run);
    Files.writeString(
        run.resolve("summary.json"),
        """
        {"method":"x","finished":true,"images_per_second":%s,"step_ms":{"p50":12.5,"p99":20},
         "peak_rss_bytes":2000000000,"peak_anon_bytes":%s,"heap_peak_bytes":100000000,
         "eval":{"open":{"tar_at_far":{"1e-3":%s},"rank1":0.9}}}
        """
            .formatted(imagesPerSecond, anon, tar));
    Files.writeString(
        run.resolve("steps.jsonl"),
        """
        {"step":10,"data_wait_share":0.1,"statistics":{"ms_forward":4,"ms_head":1}}
        {"step":20,"data_wait_share":0.3,"statistics":{"ms_forward":6,"ms_head":2}}
        """);
    Files.writeString(
        run.resolve("evaluations.jsonl"),
        """
        {"step":10,"set":"open","figures":{"tar_at_far":{"1e-3":0.4}}}
        {"step":20,"set":"open","figures":{"tar_at_far":{"1e-3":%s}},"groups":[\
        {"name":"all","identities":50,"tar_at_far":{"1e-3":{"value":0.5}},"rank1":{"value":0.9}},\
        {"name":"tail","identities":40,"tar_at_far":{"1e-3":{"value":0.2}},"rank1":{"value":0.3}}]}
        """
            .formatted(tar));
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
  void aCellThatRanUnderOtherSettingsDoesNotCountAndIsSetAsideBeforeItRunsAgain()
      throws IOException {
    Path out = folder.resolve("out");
    Comparison before = comparison(TEXT);
    CellRunner runner = new CellRunner(before, out, new PrintWriter(new StringWriter()), "none");
    for (Cell cell : Cell.of(before)) {
      fakeRun(runner.run(cell), 100, 1e9, 0.5);
      Files.writeString(
          runner.run(cell).resolve("config.resolved.yaml"),
          ConfigWriter.yaml(runner.experiment(cell)));
    }
    assertThat(report(TEXT, out)).doesNotContain("other settings");
    assertThat(Files.readAllLines(out.resolve("comparison.csv"))).hasSize(9);

    String edited = TEXT.replace("capacity: 50", "capacity: 60");
    assertThat(report(edited, out))
        .contains(
            "FFC-c100-seed4: run under other settings (method.capacity: it has 50, the comparison"
                + " says 60), does not count");
    assertThat(Files.readAllLines(out.resolve("comparison.csv")))
        .hasSize(5)
        .noneMatch(line -> line.startsWith("\"FFC\""));
    for (String other :
        List.of(
            TEXT.replace("run: {steps: 20}", "run: {steps: 21}"),
            TEXT.replace("mean=2", "mean=3"),
            TEXT.replace("run: {steps: 20}", "run: {steps: 20, threads: 1}"),
            TEXT.replace("path: open.rec", "path: other.rec"))) {
      assertThat(report(other, out)).contains("FFC-c100-seed4: run under other settings");
    }

    Cell first = Cell.of(before).get(0);
    assertThat(new CellRunner(comparison(edited), out, null, "none").setAside(first))
        .isEqualTo(out.resolve("cells/FFC-c100-seed4.old-1"))
        .isDirectoryContaining(file -> file.endsWith("summary.json"));
    assertThat(runner.run(first)).doesNotExist();
  }

  private InProcess.Outcome compare(String text, String... options) throws IOException {
    Path file = folder.resolve("small.yaml");
    Files.writeString(file, text);
    List<String> arguments = new ArrayList<>(List.of("compare", "" + file));
    arguments.addAll(List.of("--out", "" + folder.resolve("out"), "--report-only"));
    arguments.addAll(List.of(options));
    return InProcess.run(arguments);
  }

  @Test
  void onlyMustNameACell() throws IOException {
    InProcess.Outcome outcome = compare(TEXT, "--only", "seed6");
    assertThat(outcome.err())
        .isEqualToIgnoringNewLines(
            "--only: got \"seed6\", which is part of no cell's name; wanted one of FFC-c100-seed4,"
                + " PFC-half-c100-seed4, FFC-c2000-seed4, PFC-half-c2000-seed4, FFC-c100-seed5,"
                + " PFC-half-c100-seed5, FFC-c2000-seed5, PFC-half-c2000-seed5");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(folder.resolve("out")).doesNotExist();
    assertThat(compare(TEXT, "--only", "seed5").err()).contains("nothing to report");
  }

  @Test
  void aReportOfNothingLeavesThePageOfEarlier() throws IOException {
    Path page =
        Files.writeString(
            Files.createDirectories(folder.resolve("out")).resolve("comparison.html"), "earlier");
    InProcess.Outcome outcome = compare(TEXT);
    assertThat(page).hasContent("earlier");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .contains("nothing to report", "not run; cells of a trial want the same FFC_TRY");
  }

  @Test
  void theTargetMustBeAFigureThatEveryCellYields() throws IOException {
    for (Map.Entry<String, String> mistake :
        Map.of(
                TEXT.replace("figure: open.tar_at_far.1e-3", "figure: opne.rank1"),
                "\"opne\" is no evaluation set; known: open; did you mean open?",
                TEXT.replace("figure: open.tar_at_far.1e-3", "figure: open.accuracy_mean"),
                "got figure \"accuracy_mean\", but a set of format recordio yields",
                TEXT.replace("figure: open.tar_at_far.1e-3, ", ""),
                "missing; wanted a figure of an evaluation set",
                TEXT.replace("{run.steps: 30}", "{run.steps: 30, evaluate: []}"),
                "\"open\" is no evaluation set; section evaluate is empty")
            .entrySet()) {
      InProcess.Outcome outcome = compare(mistake.getKey());
      assertThat(outcome.err())
          .startsWith(folder.resolve("small.yaml") + ": target.figure: " + mistake.getValue())
          .hasLineCount(1);
      assertThat(outcome.code()).isEqualTo(2);
      assertThat(folder.resolve("out")).doesNotExist();
    }
  }

  private String report(String text, Path out) throws IOException {
    comparison(text);
    StringWriter said = new StringWriter();
    CommandLine commands = Main.commandLine();
    commands.setOut(new PrintWriter(said, true));
    commands.setErr(new PrintWriter(said, true));
    int code =
        commands.execute(
            "compare", "" + folder.resolve("small.yaml"), "--out", "" + out, "--report-only");
    assertThat(code == 0 || said.toString().contains("nothing to report"))
        .as(said.toString())
        .isTrue();
    return said.toString();
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
