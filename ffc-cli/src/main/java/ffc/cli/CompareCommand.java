package ffc.cli;

import ffc.cli.options.OutOption;
import ffc.eval.roc.EvalFigure;
import ffc.formats.WholeFile;
import ffc.runs.compare.Cell;
import ffc.runs.compare.CellConfig;
import ffc.runs.compare.CellResult;
import ffc.runs.compare.CellRunner;
import ffc.runs.compare.Comparison;
import ffc.runs.compare.ComparisonPage;
import ffc.runs.compare.ComparisonReader;
import ffc.runs.compare.FigureNames;
import ffc.runs.compare.Outcome;
import ffc.runs.compare.ResultFiles;
import ffc.runs.experiment.Experiment;
import ffc.runs.experiment.Trial;
import ffc.runs.plan.ByteSize;
import ffc.runs.plan.ClassCount;
import ffc.runs.plan.MemoryPlan;
import ffc.runs.record.Hardware;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** {@code ffc compare}. */
@Command(
    name = "compare",
    description = {
      "Compare methods fairly: the same data, batch, backbone and steps for each.",
      "",
      "Every cell (method, class count, seed, repeat) trains in a JVM of its own. Finished cells"
          + " are kept: the same command goes on where it was ended. Cells that ran under other"
          + " settings than the file has now are set aside and run again. What a cell says goes to"
          + " cells/NAME.log; a finished one keeps its records, not its checkpoints.",
      ""
    },
    footer = {
      "",
      "Example:",
      "  ./ffc compare configs/compare-accuracy-quick.yaml --out runs/accuracy-quick"
    },
    mixinStandardHelpOptions = true)
public final class CompareCommand implements Callable<Integer> {
  /** Cells that a message lists: a comparison may have hundreds. */
  private static final int MOST_NAMES = 12;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "CONFIG", description = "Comparison file, as in configs/compare-*.yaml")
  private Path config;

  @Mixin private OutOption.Results out;

  @Option(
      names = "--only",
      paramLabel = "TEXT",
      description = "Run only cells whose folder name contains this text")
  private String only = "";

  @Option(
      names = "--report-only",
      description = "Run nothing; write tables and page from the cells that are there")
  private boolean reportOnly;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Comparison comparison = ComparisonReader.read(config);
    Optional<Trial> trial = Trial.fromEnvironment();
    if (trial.isPresent()) {
      String cut = trial.get() + " takes the first steps of the first round only";
      comparison = comparison.firstRound(cut);
      if (!reportOnly) {
        spec.commandLine().getErr().println("ffc: " + cut);
      }
    }
    PrintWriter log = spec.commandLine().getOut();
    Path folder = out.path() == null ? Path.of("runs", comparison.name()) : out.path();
    List<Cell> cells = Cell.of(comparison);
    requireOneOf(cells);
    // A mistake in the last cell must not show after hours; data of cells that do not run may be
    // missing.
    ComparisonReader.checkCells(config, comparison, this::runs);
    CellRunner runner = new CellRunner(comparison, folder, log, Main.class.getName());
    if (!reportOnly) {
      runner.start();
      log.println("cells train in " + folder.resolve("cells") + ", each with a log");
      log.flush();
    }
    List<CellResult> results = new ArrayList<>();
    List<Outcome.Missing> missing = new ArrayList<>();
    boolean failed = false;
    List<Cell> asked = cells.stream().filter(this::isAsked).toList();
    for (Cell cell : cells) {
      double predicted = predicted(comparison, cell);
      List<String> differences = runner.differences(cell);
      CellResult result = differences.isEmpty() ? read(runner, cell, predicted, comparison) : null;
      String reason = null;
      boolean runs = runs(cell);
      if (!differences.isEmpty()) {
        String stale = "run under other settings (" + brief(differences) + ")";
        if (runs) {
          say(log, asked, cell, stale + ", set aside as " + runner.setAside(cell));
        } else {
          reason = stale + ", does not count";
        }
      }
      if (reason != null) {
        result = null;
      } else if (result == null && !fits(comparison, predicted)) {
        reason = "does not fit into " + comparison.memory();
      } else if (result == null && !runs) {
        reason = Outcome.Missing.NOT_RUN;
      } else if (result == null) {
        say(log, asked, cell, "training");
        String mistake = runner.train(cell);
        result = mistake == null ? read(runner, cell, predicted, comparison) : null;
        reason = mistake == null ? null : "failed, " + mistake;
        failed |= result == null;
      }
      if (result == null) {
        reason = reason == null ? "left no result" : reason;
        if (!reason.equals(Outcome.Missing.NOT_RUN)) {
          say(log, asked, cell, reason);
        }
        missing.add(new Outcome.Missing(cell, reason, predicted));
      } else {
        results.add(result);
        say(log, asked, cell, describe(result));
      }
    }
    if (reportOnly && results.isEmpty()) {
      throw new IllegalArgumentException(
          "%s: nothing to report, its pages stay as they are: of %d cells none counts; the first (%s): %s%s"
              .formatted(
                  folder,
                  cells.size(),
                  cells.get(0).folder(),
                  missing.get(0).reason(),
                  trial.isPresent() ? "" : "; cells of a trial want the same FFC_TRY"));
    }
    report(new Outcome(comparison, results, missing), folder);
    long waiting = missing.stream().filter(m -> m.reason().equals(Outcome.Missing.NOT_RUN)).count();
    if (waiting > 0) {
      log.println(waiting + " of " + cells.size() + " cells have not run");
    }
    log.println("comparison " + folder.resolve("comparison.html"));
    log.flush();
    return failed ? 1 : 0;
  }

  private boolean runs(Cell cell) {
    return !reportOnly && isAsked(cell);
  }

  private boolean isAsked(Cell cell) {
    return cell.folder().contains(only);
  }

  private void requireOneOf(List<Cell> cells) {
    List<String> names = cells.stream().map(Cell::folder).toList();
    if (names.stream().noneMatch(name -> name.contains(only))) {
      String shown = String.join(", ", names.subList(0, Math.min(MOST_NAMES, names.size())));
      throw new IllegalArgumentException(
          "--only: got \"%s\", which is part of no cell's name; wanted one of %s%s"
              .formatted(
                  only,
                  shown,
                  names.size() > MOST_NAMES
                      ? " and " + (names.size() - MOST_NAMES) + " more"
                      : ""));
    }
  }

  private static String brief(List<String> differences) {
    return differences.get(0)
        + (differences.size() == 1 ? "" : ", and " + (differences.size() - 1) + " more");
  }

  private static CellResult read(
      CellRunner runner, Cell cell, double predicted, Comparison comparison) throws IOException {
    return CellResult.read(cell, runner.run(cell), predicted, comparison.target());
  }

  /** NaN if the data is not on this machine. */
  private static double predicted(Comparison comparison, Cell cell) {
    Experiment experiment = CellConfig.experiment(comparison, cell, false);
    OptionalLong classes =
        cell.classes() == Comparison.AS_IS
            ? ClassCount.find(experiment.data().train())
            : OptionalLong.of(cell.classes());
    return classes.isEmpty()
        ? Double.NaN
        : new MemoryPlan(experiment, 1).predict(experiment.method(), classes.getAsLong()).total();
  }

  private static boolean fits(Comparison comparison, double predicted) {
    return comparison.memory() == null || !(predicted > ByteSize.parse(comparison.memory()));
  }

  private static void report(Outcome outcome, Path folder) throws IOException {
    ObjectNode machine = Hardware.describe();
    machine.put(
        "jvm", System.getProperty("java.vm.name") + " " + System.getProperty("java.version"));
    ResultFiles.write(outcome, machine, folder);
    WholeFile.write(folder.resolve("comparison.html"), new ComparisonPage(outcome, machine).html());
  }

  /** The figures that a run has: one of a few steps has no throughput. */
  static String describe(CellResult result) {
    StringBuilder text = new StringBuilder();
    if (Double.isFinite(result.imagesPerSecond())) {
      text.append(String.format(Locale.ROOT, "%.0f images/s, ", result.imagesPerSecond()));
    }
    double peak = result.peakBytes();
    text.append("peak ").append(bytes(peak));
    text.append(" (predicted ").append(bytes(result.predictedBytes())).append(")");
    result
        .figures()
        .forEach(
            (name, value) -> {
              if (FigureNames.is(EvalFigure.TAR_AT_FAR, name)) {
                text.append(String.format(Locale.ROOT, ", %s %.3f", FigureNames.text(name), value));
              }
            });
    return text.toString();
  }

  private static String bytes(double bytes) {
    return Double.isFinite(bytes) ? ByteSize.text((long) bytes) : "-";
  }

  /** A line on one of the cells that were asked for. */
  private static void say(PrintWriter log, List<Cell> asked, Cell cell, String what) {
    int index = asked.indexOf(cell);
    if (index >= 0) {
      log.println("[" + (index + 1) + "/" + asked.size() + "] " + cell.folder() + ": " + what);
      log.flush();
    }
  }
}
