package ffc.runs.compare;

import ffc.formats.WholeFile;
import ffc.loaders.data.Progress;
import ffc.loaders.index.IndexBuilder;
import ffc.loaders.source.Synthetic;
import ffc.runs.experiment.Experiment;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs cells, each by {@code ffc train} in a JVM of its own with the options of this one. */
public final class CellRunner {
  private static final String INTERRUPTED =
      "ffc: stopped; finished cells stay, and the one that trains keeps a checkpoint if it has made"
          + " a step: the same command goes on";

  private static final int MOST_SECONDS_TO_STOP = 60;

  private final Comparison comparison;
  private final Path out;
  private final PrintWriter log;
  private final String program;
  private final Duration between;

  /** What the cell that trains was last heard to say. */
  private String told = "";

  /**
   * @param out folder of the comparison
   * @param log told what data is laid out
   * @param program main class of the command line
   */
  public CellRunner(Comparison comparison, Path out, PrintWriter log, String program) {
    this(comparison, out, log, program, Duration.ofSeconds(30));
  }

  /**
   * @param between lines of the cell that trains
   */
  CellRunner(Comparison comparison, Path out, PrintWriter log, String program, Duration between) {
    this.program = program;
    this.between = between;
    this.comparison = comparison;
    this.out = out;
    this.log = log;
  }

  /**
   * Makes the comparison's folder.
   *
   * @throws IllegalArgumentException if it holds something else already
   */
  public void start() throws IOException {
    Path cells = out.resolve("cells");
    if (!Files.isDirectory(cells) && Folders.holdsFiles(out)) {
      throw new IllegalArgumentException(
          out + ": holds other files already, and no comparison; choose another folder");
    }
    Files.createDirectories(cells);
  }

  /** The run directory of a cell. */
  public Path run(Cell cell) {
    return out.resolve("cells").resolve(cell.folder());
  }

  /**
   * In what the run of a cell differs from what the comparison now says; empty if it does not, or
   * if there is no run.
   */
  public List<String> differences(Cell cell) {
    if (!Files.exists(run(cell))) {
      return List.of();
    }
    return CellConfig.differences(run(cell), experiment(cell), comparison.setsThreads(cell));
  }

  /** What a cell is trained with. */
  public Experiment experiment(Cell cell) {
    return CellConfig.experiment(comparison, cell, this::layout, false);
  }

  /** Moves the run of a cell aside, with its settings and its output. */
  public Path setAside(Cell cell) throws IOException {
    Path cells = out.resolve("cells");
    int number = 1;
    while (Files.exists(cells.resolve(cell.folder() + ".old-" + number))) {
      number++;
    }
    Path aside = cells.resolve(cell.folder() + ".old-" + number);
    Files.move(run(cell), aside);
    for (String ending : List.of(".yaml", ".log")) {
      Path file = cells.resolve(cell.folder() + ending);
      if (Files.exists(file)) {
        Files.move(file, aside.resolve("cell" + ending));
      }
    }
    return aside;
  }

  /**
   * Trains a cell, or goes on with it where an earlier call was ended.
   *
   * @return null if it finished, else the last line that it said
   */
  public String train(Cell cell) throws IOException, InterruptedException {
    Path run = run(cell);
    Files.createDirectories(out.resolve("cells"));
    Path config = out.resolve("cells").resolve(cell.folder() + ".yaml");
    WholeFile.write(config, CellConfig.yaml(comparison, cell, this::data));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    // Ctrl-C is ours: the cell stops, with a checkpoint, when its input ends.
    command.add("-Dffc.supervised=true");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.addAll(List.of(program, "train", config.toString(), "--out", run.toString()));
    if (Files.exists(run.resolve("config.resolved.yaml"))) {
      command.add("--resume");
    }
    File said = out.resolve("cells").resolve(cell.folder() + ".log").toFile();
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(said))
            .start();
    int code;
    try (LastWords words = new LastWords(INTERRUPTED, () -> stop(process))) {
      while (!process.waitFor(between.toMillis(), TimeUnit.MILLISECONDS)) {
        tell(said.toPath());
      }
      code = process.exitValue();
    } finally {
      process.destroy();
    }
    if (code == 0) {
      // Tables of many classes would fill the disk; a finished cell never goes on.
      Folders.delete(run.resolve("checkpoints"));
      return null;
    }
    List<String> lines = Files.readAllLines(said.toPath());
    return "exit code " + code + (lines.isEmpty() ? "" : ": " + lines.get(lines.size() - 1));
  }

  /** Repeats the last line that a cell has said, if it is another than before. */
  private void tell(Path said) throws IOException {
    List<String> lines = Files.readAllLines(said);
    String last = lines.isEmpty() ? "" : lines.get(lines.size() - 1);
    if (!last.equals(told)) {
      told = last;
      log.println("    " + last);
      log.flush();
    }
  }

  /** Ends a cell's input and waits until it has kept its step. */
  private static void stop(Process cell) {
    try {
      cell.getOutputStream().close();
      cell.waitFor(MOST_SECONDS_TO_STOP, TimeUnit.SECONDS);
    } catch (IOException | InterruptedException e) {
      // Then its input ends with this process.
    }
  }

  /**
   * Synthetic sets are laid out on disk and mapped, whatever their size, so that small and large
   * ones are read the same way; cells share them.
   */
  private String data(String path) {
    String place = layout(path);
    if (isSynthetic(path) && !Files.exists(Path.of(place))) {
      log.println("laying out " + path);
      log.flush();
      IndexBuilder.synthesize(Synthetic.parse(path), Path.of(place), Progress.NONE);
    }
    return place;
  }

  /** Where a set is: synthetic ones below the comparison's folder, others where they are. */
  private String layout(String path) {
    return isSynthetic(path)
        ? out.resolve("data").resolve(path.replaceAll("[^A-Za-z0-9.]+", "-")).toString()
        : path;
  }

  private static boolean isSynthetic(String path) {
    return path.matches("(ids|mean|tail|seed)=.*");
  }
}
