package ffc.cli;

import static java.util.stream.Collectors.joining;

import ffc.loaders.data.Counted;
import ffc.runs.page.Table;
import ffc.runs.record.RunDirectory;
import ffc.runs.record.RunNotes;
import ffc.runs.report.RunChoice;
import ffc.runs.report.RunComparison;
import ffc.runs.report.RunFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ffc runs}. */
@Command(
    name = "runs",
    description = {
      "List runs with their figures: those below runs/, or of the folders given. Compare some, or"
          + " write a note or tags to one.",
      ""
    },
    footer = {
      "",
      "Example:",
      "  ./ffc runs --where 'loss<10' --where method.type=ffc --sort=-steps"
    },
    mixinStandardHelpOptions = true)
final class RunsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "FOLDER",
      arity = "0..*",
      description = "Runs, folders of runs or folders of comparisons (default: runs)")
  private List<Path> folders = List.of();

  @Option(
      names = "--tag",
      paramLabel = "TAG",
      description = "Only runs that have this tag; may be repeated")
  private List<String> tags = List.of();

  @Option(
      names = "--where",
      paramLabel = "CONDITION",
      description =
          "Only runs of which this holds: a column or a setting, one of = != < <= > >=, and a value;"
              + " may be repeated")
  private List<String> where = List.of();

  @Option(
      names = "--sort",
      paramLabel = "NAME",
      description =
          "Sort by a column or a setting, the largest last; --sort=-NAME the largest first"
              + " (default: the newest last)")
  private String sort;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    for (Path folder : folders) {
      if (Files.notExists(folder) && folder.getNameCount() == 1) { // a slip in a command
        throw new CommandLine.UnmatchedArgumentException(
            spec.commandLine(), List.of(folder.toString()));
      }
    }
    List<RunFiles> runs = new ArrayList<>();
    for (Path run : folders.isEmpty() ? RunDirectory.list() : RunDirectory.list(folders)) {
      runs.add(RunFiles.read(run));
    }
    List<RunFiles> chosen = new RunChoice(tags, where, sort).of(runs);
    if (chosen.isEmpty()) {
      String places =
          folders.isEmpty()
              ? RunDirectory.RUNS.toString()
              : folders.stream().map(Path::toString).collect(joining(", "));
      out.println(
          runs.isEmpty()
              ? "no runs below " + places
              : "none of " + Counted.of(runs.size(), "run") + " meets these conditions");
    } else {
      out.println(new Table(new RunComparison(chosen).table()).text());
    }
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
    out.println(new Table(comparison.sideBySide()).textToTheRight());
    out.println();
    out.println(new Table(comparison.settings()).text());
    out.println();
    out.println("curves " + written);
    return 0;
  }

  @Command(
      description = {
        "Write a note about a run, which ffc runs and its next report show. It replaces the one"
            + " before; without TEXT that is removed.",
        ""
      },
      footer = {"", "Example:", "  ./ffc runs note runs/mine \"twice the slots\""},
      mixinStandardHelpOptions = true)
  int note(
      @Parameters(paramLabel = "RUN", description = "Run directory, or a name that ffc runs lists")
          Path run,
      @Parameters(paramLabel = "TEXT", arity = "0..1", description = "The note, in quotes")
          String text)
      throws IOException {
    return change(run, notes -> notes.withNote(text == null ? "" : text));
  }

  @Command(
      description = {
        "Give a run tags, by which ffc runs --tag finds it. They replace those before; none removes"
            + " them.",
        ""
      },
      footer = {"", "Example:", "  ./ffc runs tag runs/mine baseline paper"},
      mixinStandardHelpOptions = true)
  int tag(
      @Parameters(paramLabel = "RUN", description = "Run directory, or a name that ffc runs lists")
          Path run,
      @Parameters(paramLabel = "TAG", arity = "0..*", description = "Words") List<String> words)
      throws IOException {
    return change(run, notes -> notes.withTags(words == null ? List.of() : words));
  }

  private int change(Path named, UnaryOperator<RunNotes> change) throws IOException {
    Path run = find(RunDirectory.RUNS, named);
    RunNotes before = RunNotes.readable(run);
    RunNotes after = change.apply(before);
    after.write(run);
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        run + ": " + told(after) + (before.equals(after) ? "" : " (before: " + told(before) + ")"));
    return 0;
  }

  private static String told(RunNotes notes) {
    String tags = notes.tags().isEmpty() ? "no tags" : "tags " + String.join(" ", notes.tags());
    return tags + (notes.note().isEmpty() ? ", no note" : ", note \"" + notes.note() + "\"");
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
