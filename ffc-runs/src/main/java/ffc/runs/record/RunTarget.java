package ffc.runs.record;

import ffc.core.checkpoint.Checkpoints;
import ffc.engine.Closer;
import ffc.runs.experiment.Differences;
import ffc.runs.experiment.Experiment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Where a training goes on or begins.
 *
 * @param directory held by this process
 * @param checkpoints to go on from the first sound one of; none for the beginning
 * @param before the experiment as the run has it so far; null for a new run
 * @param damage what is to be said of its record of the experiment; empty if that is sound
 */
public record RunTarget(
    RunDirectory directory, List<Path> checkpoints, Experiment before, Optional<String> damage)
    implements AutoCloseable {

  /** A new run, in {@code out} or in a folder of its own below {@code runs}. */
  public static RunTarget fresh(Experiment experiment, Path out) throws IOException {
    return new RunTarget(
        out == null
            ? RunDirectory.create(experiment.name(), LocalDateTime.now(ZoneId.systemDefault()))
            : RunDirectory.create(out),
        List.of(),
        null,
        Optional.empty());
  }

  /** The run in {@code out}, or the newest run of the experiment's name. */
  public static RunTarget newest(Experiment experiment, Path out) throws IOException {
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
  public static Path newestOf(Experiment experiment) throws IOException {
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
  public static RunTarget resume(Experiment experiment, Path from, Path out) throws IOException {
    Path run = runOf(from);
    if (out != null && !out.toAbsolutePath().normalize().equals(run.toAbsolutePath().normalize())) {
      throw new IllegalArgumentException(
          "--resume " + from + " goes on in its own directory; leave --out away");
    }
    RunDirectory directory = RunDirectory.reopen(run);
    try {
      Optional<Experiment> recorded = recorded(run);
      Experiment before = recorded.orElse(experiment);
      List<String> differences = Differences.that(before, experiment);
      if (!differences.isEmpty()) {
        throw new IllegalArgumentException(
            run
                + " cannot be resumed under this config:\n  "
                + String.join("\n  ", differences)
                + "\nstart a new run, or give the run's own "
                + run.resolve("config.resolved.yaml"));
      }
      List<Path> checkpoints = List.of(from);
      if (from.equals(run)) {
        checkpoints = new ArrayList<>(new Checkpoints(directory.checkpoints(), 1).list());
        Collections.reverse(checkpoints);
      }
      checkGoesOn(run, checkpoints, experiment.run().steps());
      Optional<String> damage =
          recorded.isPresent() ? Optional.empty() : Optional.of(directory.copyDamagedConfig());
      return new RunTarget(directory, checkpoints, before, damage);
    } catch (Throwable e) {
      Closer.of(directory).closeAfter(e);
      throw e;
    }
  }

  /**
   * @param checkpoints the newest first
   * @throws IllegalArgumentException if the newest is of a later step than the last one to be made
   */
  private static void checkGoesOn(Path run, List<Path> checkpoints, long steps) {
    if (!checkpoints.isEmpty()) {
      long done = Checkpoints.step(checkpoints.get(0)).orElse(0);
      if (done > steps) {
        throw new IllegalArgumentException(
            "%s is at step %d already, and run.steps is %d; wanted run.steps above %d, or ./ffc train of a new run"
                .formatted(run, done, steps, done));
      }
    }
  }

  /**
   * Keeps a trial from cutting down a run that was not begun as one.
   *
   * @throws IllegalArgumentException if the run in a folder is to have more steps
   */
  public static void checkTrial(Path run, Experiment trial) {
    long steps = recorded(run).map(before -> before.run().steps()).orElse(0L);
    if (steps > trial.run().steps()) {
      throw new IllegalArgumentException(
          "FFC_TRY would end %s at step %d, which is to have %d: unset it to go on with this run"
              .formatted(run, trial.run().steps(), steps));
    }
  }

  /** The experiment that a run's record names; empty if the record is damaged. */
  public static Optional<Experiment> recorded(Path run) {
    try {
      return Optional.of(RunDirectory.config(run));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The run directory that a path names: itself, or the run of a checkpoint. */
  public static Path runOf(Path path) {
    if (isRun(path)) {
      return path;
    }
    Path up = path;
    // A checkpoint that was set aside lies two folders deeper.
    for (Path at = path.toAbsolutePath().normalize(); at != null; at = at.getParent()) {
      Path parent = at.getParent();
      up = up.resolve("..");
      if (parent != null && parent.endsWith("checkpoints")) {
        Path run = up.resolve("..").normalize();
        run = run.toString().isEmpty() ? Path.of(".") : run;
        return isRun(run) ? run : path;
      }
    }
    return path;
  }

  private static boolean isRun(Path folder) {
    return Files.exists(folder.resolve("config.resolved.yaml"));
  }

  /** What the person who goes on with a run should know, a line each. */
  public List<String> remarks(Experiment now) {
    List<String> lines = new ArrayList<>();
    if (before == null) {
      return lines;
    }
    damage.ifPresent(lines::add);
    if (checkpoints.isEmpty()) {
      lines.add(directory.folder() + " has no checkpoint: the run starts over from step 0");
    }
    int threads = before.run().threads();
    if (now.run().threads() != threads) {
      lines.add(
          "run.threads was "
              + threads
              + ", now "
              + now.run().threads()
              + ": losses differ in rounding from those of the unbroken run");
    }
    return lines;
  }

  /** Removes a directory that was made for a run which then could not start. */
  public void discard() throws IOException {
    directory.close();
    if (before == null) {
      directory.discard();
    }
  }

  @Override
  public void close() throws IOException {
    directory.close();
  }
}
