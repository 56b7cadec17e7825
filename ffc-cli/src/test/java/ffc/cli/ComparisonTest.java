package ffc.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.pfc.partialfc.PartialFcConfig;
import ffc.runs.compare.Cell;
import ffc.runs.compare.CellConfig;
import ffc.runs.compare.CellRunner;
import ffc.runs.compare.Comparison;
import ffc.runs.compare.ComparisonReader;
import ffc.runs.experiment.ConfigWriter;
import ffc.runs.experiment.Experiment;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/**
 * Cells of a comparison and mistakes in its file; what comes of them: {@link ComparisonPageTest}.
 */
class ComparisonTest extends ComparisonRuns {
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
}
