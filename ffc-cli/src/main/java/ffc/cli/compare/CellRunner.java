package ffc.cli.compare;

import ffc.cli.record.WholeFile;
import ffc.loaders.Progress;
import ffc.loaders.format.Synthetic;
import ffc.loaders.index.IndexBuilder;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs cells, each by {@code ffc train} in a JVM of its own with the options of this one. */
final class CellRunner {
  private final Comparison comparison;
  private final Path out;
  private final PrintWriter log;

  CellRunner(Comparison comparison, Path out, PrintWriter log) {
    this.comparison = comparison;
    this.out = out;
    this.log = log;
  }

  /** The run directory of a cell. */
  Path run(Cell cell) {
    return out.resolve("cells").resolve(cell.folder());
  }

  /**
   * Trains a cell, or goes on with it where an earlier call was ended.
   *
   * @return null if it finished, else the last line that it said
   */
  String train(Cell cell) throws IOException, InterruptedException {
    Path run = run(cell);
    Files.createDirectories(out.resolve("cells"));
    Path config = out.resolve("cells").resolve(cell.folder() + ".yaml");
    WholeFile.write(config, CellConfig.yaml(comparison, cell, this::data));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    // Ctrl-C reaches both processes: the cell stops, with a checkpoint, when its input ends with
    // us.
    command.add("-Dffc.supervised=true");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.addAll(List.of("ffc.cli.Main", "train", config.toString(), "--out", run.toString()));
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
    try {
      code = process.waitFor();
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

  /**
   * Synthetic sets are laid out on disk and mapped, whatever their size, so that small and large
   * ones are read the same way; cells share them.
   */
  private String data(String path) {
    if (!path.matches("(ids|mean|tail|seed)=.*")) {
      return path;
    }
    Path index = out.resolve("data").resolve(path.replaceAll("[^A-Za-z0-9.]+", "-"));
    if (!Files.exists(index)) {
      log.println("laying out " + path);
      log.flush();
      IndexBuilder.synthesize(Synthetic.parse(path), index, Progress.NONE);
    }
    return index.toString();
  }
}
