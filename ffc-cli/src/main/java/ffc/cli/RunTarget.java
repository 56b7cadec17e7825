package ffc.cli;

import ffc.cli.config.Differences;
import ffc.cli.config.Experiment;
import ffc.cli.record.RunDirectory;
import ffc.core.checkpoint.Checkpoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.List;

/**
 * Where a training goes on or begins.
 *
 * @param directory held by this process
 * @param checkpoint to go on from; null for the beginning
 * @param created whether the directory is new
 */
record RunTarget(RunDirectory directory, Path checkpoint, boolean created)
    implements AutoCloseable {

  /** A new run, in {@code out} or in a folder of its own below {@code runs}. */
  static RunTarget fresh(Experiment experiment, Path out) throws IOException {
    return new RunTarget(
        out == null
            ? RunDirectory.create(experiment.name(), LocalDateTime.now(ZoneId.systemDefault()))
            : RunDirectory.create(out),
        null,
        true);
  }

  /** The run in {@code out}, or the newest run of the experiment's name. */
  static RunTarget newest(Experiment experiment, Path out) throws IOException {
    if (out != null) {
      return Files.exists(out.resolve("config.resolved.yaml"))
          ? resume(experiment, out, null)
          : fresh(experiment, out);
    }
    return resume(experiment, newestOf(experiment), null);
  }

  /**
   * The newest run of an experiment's name.
   *
   * @throws IllegalArgumentException if there is none
   */
  static Path newestOf(Experiment experiment) throws IOException {
    return RunDirectory.newest(experiment.name())
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "nothing to resume: no run of "
                        + experiment.name()
                        + " in "
                        + RunDirectory.RUNS
                        + "; name its directory after --resume"));
  }

  /**
   * A given run, from its newest checkpoint or from the one given. Without a checkpoint it begins
   * anew in the same directory.
   *
   * @throws IllegalArgumentException if the run was made under settings that do not fit
   */
  static RunTarget resume(Experiment experiment, Path from, Path out) throws IOException {
    Path run = runOf(from);
    if (out != null && !out.toAbsolutePath().normalize().equals(run.toAbsolutePath().normalize())) {
      throw new IllegalArgumentException(
          "--resume " + from + " goes on in its own directory; leave --out away");
    }
    RunDirectory directory = RunDirectory.reopen(run);
    try {
      List<String> differences = Differences.that(RunDirectory.config(run), experiment);
      if (!differences.isEmpty()) {
        throw new IllegalArgumentException(
            run
                + " cannot be resumed under this config:\n  "
                + String.join("\n  ", differences)
                + "\nstart a new run, or give the run's own "
                + run.resolve("config.resolved.yaml"));
      }
      Path checkpoint =
          from.equals(run)
              ? new Checkpoints(directory.checkpoints(), 1).latest().orElse(null)
              : from;
      return new RunTarget(directory, checkpoint, false);
    } catch (IllegalArgumentException | IOException e) {
      directory.close();
      throw e;
    }
  }

  /** The run directory that a path names: itself, or the run of a checkpoint. */
  static Path runOf(Path path) {
    Path parent = path.toAbsolutePath().normalize().getParent();
    boolean checkpoint =
        parent != null
            && parent.endsWith("checkpoints")
            && !Files.exists(path.resolve("manifest.json"));
    if (!checkpoint) {
      return path;
    }
    Path run = path.resolve("..").resolve("..").normalize();
    return run.toString().isEmpty() ? Path.of(".") : run;
  }

  /** Removes a directory that was made for a run which then could not start. */
  void discard() throws IOException {
    directory.close();
    if (created) {
      directory.deleteIfUnused();
    }
  }

  @Override
  public void close() throws IOException {
    directory.close();
  }
}
