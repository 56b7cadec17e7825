package ffc.cli;

import ffc.runs.page.Table;
import ffc.runs.record.RunDirectory;
import ffc.runs.report.RunComparison;
import ffc.runs.report.RunFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ffc runs}. */
@Command(
    name = "runs",
    description = "List the runs below runs/ with their figures, or compare some.",
    footer = {"", "Example:", "  ./ffc runs"},
    mixinStandardHelpOptions = true)
final class RunsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    List<RunFiles> runs = new ArrayList<>();
    for (Path run : RunDirectory.list()) {
      runs.add(RunFiles.read(run));
    }
    out.println(
        runs.isEmpty()
            ? "no runs below " + RunDirectory.RUNS
            : new Table(new RunComparison(runs).table()).text());
    return 0;
  }

  @Command(
      description = "Figures of runs side by side, where their configs differ, and their curves.",
      footer = {
        "",
        "Example:",
        "  ./ffc train configs/quickstart.yaml --out runs/other --set seed=8",
        "  ./ffc runs compare runs/mine runs/other"
      },
      mixinStandardHelpOptions = true)
  int compare(
      @Parameters(
              paramLabel = "RUN",
              arity = "2..*",
              description = "Run directories, or names that ffc runs lists")
          List<Path> folders,
      @Option(
              names = "--out",
              paramLabel = "FILE",
              defaultValue = "runs/compare.html",
              description = "Page with the curves (default: ${DEFAULT-VALUE})")
          Path page)
      throws IOException {
    List<RunFiles> runs = new ArrayList<>();
    for (Path folder : folders) {
      runs.add(RunFiles.read(find(RunDirectory.RUNS, folder)));
    }
    RunComparison comparison = new RunComparison(runs);
    Path written = comparison.write(page);
    PrintWriter out = spec.commandLine().getOut();
    out.println(new Table(comparison.table()).text());
    out.println();
    out.println(new Table(comparison.settings()).text());
    out.println();
    out.println("curves " + written);
    return 0;
  }

  /**
   * The folder of a run.
   *
   * @param runs where names are looked up
   * @param named the folder itself, or its name in {@code runs}
   * @throws IllegalArgumentException if neither is a run
   */
  static Path find(Path runs, Path named) {
    for (Path folder : List.of(named, runs.resolve(named))) {
      if (RunDirectory.isRun(folder)) {
        return folder;
      }
    }
    if (Files.isDirectory(named.resolve("cells"))) {
      throw new IllegalArgumentException(
          named
              + " is the folder of a comparison: ./ffc compare CONFIG --report-only makes its pages"
              + " anew, and its runs are the folders in "
              + named.resolve("cells"));
    }
    throw new IllegalArgumentException(
        named
            + " is no run directory (it has no config.resolved.yaml) and no name of a run in "
            + runs
            + "; ffc runs lists those");
  }
}
