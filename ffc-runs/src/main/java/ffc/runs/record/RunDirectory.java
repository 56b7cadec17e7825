package ffc.runs.record;

import ffc.core.checkpoint.Checkpoints;
import ffc.engine.Closer;
import ffc.formats.FileProblem;
import ffc.formats.WholeFile;
import ffc.loaders.data.MadeFolders;
import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.ConfigWriter;
import ffc.runs.experiment.Experiment;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;

/**
 * The folder of one run, held by one process at a time.
 *
 * <pre>
 * config.resolved.yaml  the experiment with every default spelled out
 * manifest.json         program, machine and data that made the run
 * steps.jsonl           figures every report interval
 * evaluations.jsonl     results of the evaluation sets
 * summary.json          figures of the whole run
 * report.html           all of it to look at
 * events.out.tfevents.* the same figures for TensorBoard
 * checkpoints/          what a resumed run goes on from
 * notes.json            what people have written about it: RunNotes
 * run.log               stack trace of a failure
 * history.txt           of a trainer among several: where the run went on or back
 * rank-1/, rank-2/, ... output and records of further trainers on this machine
 * .lock                 held by the process that trains
 * </pre>
 */
public final class RunDirectory implements AutoCloseable {
  /** Where runs go unless they are sent elsewhere, relative to the working directory. */
  public static final Path RUNS = Path.of("runs");

  /** What a run may have left in its folder before its settings were written. */
  private static final Pattern OWN =
      Pattern.compile(
          "\\..*|rank-[0-9]+|checkpoints|history\\.txt|(run|output)\\.log|manifest\\.json|.*\\.jsonl|summary\\.json"
              + "|report\\.html|events\\.out\\..*");

  private static final String CONFIG = "config.resolved.yaml";

  /** Files that are there before the first step. */
  private static final List<String> OF_A_START =
      List.of(".lock", CONFIG, "manifest.json", "steps.jsonl", "evaluations.jsonl", "history.txt");

  private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

  private final Path folder;
  private final MadeFolders made;
  private final FileChannel lockFile;

  private RunDirectory(Path folder, MadeFolders made, FileChannel lockFile) {
    this.folder = folder;
    this.made = made;
    this.lockFile = lockFile;
  }

  /** A fresh directory {@code runs/<name>-<timestamp>}. */
  public static RunDirectory create(String name, LocalDateTime now) throws IOException {
    return open(fresh(name, now));
  }

  /** The name of a directory {@code runs/<name>-<timestamp>} that does not exist yet. */
  public static Path fresh(String name, LocalDateTime now) {
    for (int i = 1; ; i++) {
      Path folder = RUNS.resolve(name + "-" + STAMP.format(now) + (i == 1 ? "" : "-" + i));
      if (Files.notExists(folder)) {
        return folder;
      }
    }
  }

  /**
   * A directory of the user's choice for a new run.
   *
   * @throws IllegalArgumentException if it holds a run already, or files that no run writes
   */
  public static RunDirectory create(Path folder) throws IOException {
    if (Files.exists(folder.resolve(CONFIG))) {
      throw new IllegalArgumentException(
          folder + " holds a run already; add --resume to go on with it, or choose another --out");
    }
    if (Files.isDirectory(folder)) {
      try (Stream<Path> there = Files.list(folder)) {
        Optional<String> other =
            there
                .map(file -> file.getFileName().toString())
                .filter(file -> !OWN.matcher(file).matches())
                .findFirst();
        if (other.isPresent()) {
          throw new IllegalArgumentException(
              folder
                  + " holds other files, such as "
                  + other.get()
                  + "; wanted a new or empty folder for --out");
        }
      }
    }
    return open(folder);
  }

  /**
   * The directory of an earlier run.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static RunDirectory reopen(Path folder) throws IOException {
    if (!Files.exists(folder.resolve(CONFIG))) {
      throw new IllegalArgumentException(
          folder + ": no run to resume here (it has no " + CONFIG + ")");
    }
    return open(folder);
  }

  /** Whether a folder holds a run. */
  public static boolean isRun(Path folder) {
    return Files.exists(folder.resolve(CONFIG));
  }

  /** The newest run of an experiment below {@link #RUNS}, whatever its folder is called. */
  public static Optional<Path> newest(String name) throws IOException {
    return list().stream().filter(run -> isOf(run, name)).reduce((older, newer) -> newer);
  }

  private static boolean isOf(Path run, String name) {
    String folder = run.getFileName().toString();
    if (folder.matches(Pattern.quote(name) + "-[0-9]{8}-[0-9]{6}(-[0-9]+)?")) {
      return true;
    }
    try {
      return config(run).name().equals(name);
    } catch (IllegalArgumentException e) {
      return false; // damaged, or of settings that are no more
    }
  }

  /** All runs below {@link #RUNS}, oldest first. */
  public static List<Path> list() throws IOException {
    return Files.isDirectory(RUNS) ? list(List.of(RUNS)) : List.of();
  }

  /**
   * Runs of several places, oldest first.
   *
   * @param places each a run, a folder of runs or the folder of a comparison
   * @throws IllegalArgumentException if one is no folder
   */
  public static List<Path> list(List<Path> places) throws IOException {
    Set<Path> runs = new LinkedHashSet<>();
    for (Path place : places) {
      if (!Files.isDirectory(place)) {
        throw new IllegalArgumentException(
            place + (Files.exists(place) ? " is a file" : " is not there") + ", wanted a folder");
      }
      if (isRun(place)) {
        runs.add(place);
        continue;
      }
      Path cells = place.resolve("cells");
      try (Stream<Path> folders = Files.list(Files.isDirectory(cells) ? cells : place)) {
        folders.filter(RunDirectory::isRun).forEach(runs::add);
      }
    }
    return runs.stream()
        .sorted(Comparator.comparing(RunDirectory::modified).thenComparing(Path::toString))
        .toList();
  }

  /** Whether a process is training in the folder of a run at this moment. */
  public static boolean isHeld(Path run) {
    try (FileChannel file = FileChannel.open(run.resolve(".lock"), StandardOpenOption.READ);
        FileLock lock = file.tryLock(0, Long.MAX_VALUE, true)) {
      return lock == null;
    } catch (OverlappingFileLockException e) {
      return true; // by this process
    } catch (IOException e) {
      return false; // there is no lock file, or it cannot be read: nobody could hold it
    }
  }

  private static FileTime modified(Path run) {
    try {
      return Files.getLastModifiedTime(run.resolve("manifest.json"));
    } catch (IOException e) {
      return FileTime.fromMillis(0);
    }
  }

  private static RunDirectory open(Path folder) throws IOException {
    Path checkpoints = folder.resolve("checkpoints");
    for (Path wanted : List.of(folder, checkpoints)) {
      if (Files.exists(wanted) && !Files.isDirectory(wanted)) {
        throw new IllegalArgumentException(wanted + " is a file, wanted a folder for the run");
      }
    }
    Closer opened = new Closer();
    try {
      MadeFolders made = opened.add(new MadeFolders(folder));
      FileChannel file =
          opened.add(
              FileChannel.open(
                  folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE));
      if (Files.exists(checkpoints)) {
        Files.delete(Files.createTempFile(checkpoints, ".writing-", "")); // it can be written to
      }
      if (!lock(file)) {
        throw new IllegalArgumentException(folder + ": another process is training in this folder");
      }
      return new RunDirectory(folder, made, file);
    } catch (Throwable e) {
      opened.closeAfter(e);
      if (e instanceof IOException io) {
        throw new IllegalArgumentException(
            FileProblem.writing(folder, io).getMessage() + "; choose another --out", e);
      }
      throw e;
    }
  }

  /** Locks a file; false if another run has. */
  private static boolean lock(FileChannel file) throws IOException {
    try {
      return file.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  /** The folder itself. */
  public Path folder() {
    return folder;
  }

  /** Where checkpoints go. */
  public Path checkpoints() {
    return folder.resolve("checkpoints");
  }

  /** A folder that does not exist yet, for what is set aside when the run goes on after a step. */
  Path aside(long step) {
    return new Checkpoints(checkpoints(), 1).aside(step);
  }

  /**
   * Moves summary and report away if they are of a later step.
   *
   * @param aside folder, made if there is anything to move
   * @param moved told the names
   */
  void setAsideOutcome(long step, Path aside, Consumer<String> moved) throws IOException {
    Path summary = folder.resolve("summary.json");
    if (Files.notExists(summary) || stepOf(summary) <= step) {
      return;
    }
    for (String name : List.of("summary.json", "report.html")) {
      if (Files.exists(folder.resolve(name))) {
        Files.createDirectories(aside);
        Files.move(folder.resolve(name), aside.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        moved.accept(name);
      }
    }
  }

  private static long stepOf(Path summary) throws IOException {
    try {
      return Json.parse(Files.readString(summary, StandardCharsets.UTF_8))
          .path("steps")
          .asLong(Long.MAX_VALUE);
    } catch (JacksonException | CharacterCodingException e) {
      return Long.MAX_VALUE; // damaged
    }
  }

  /** A file of the run. */
  public Path file(String name) {
    return folder.resolve(name);
  }

  /** Writes the experiment, every default spelled out. */
  public void writeConfig(Experiment experiment) throws IOException {
    WholeFile.write(
        folder.resolve(CONFIG),
        "# Every setting of this run, defaults included; ./ffc train takes it as it is.\n"
            + ConfigWriter.yaml(experiment));
  }

  /**
   * Keeps a copy of a record of the experiment that cannot be read; the record itself stays until
   * it is written anew, as without it the folder would be no run.
   *
   * @return what there is to say, in a line
   */
  public String copyDamagedConfig() throws IOException {
    Path config = folder.resolve(CONFIG);
    Path copy = folder.resolve(CONFIG + ".damaged");
    Files.copy(config, copy, StandardCopyOption.REPLACE_EXISTING);
    return "warning: "
        + config
        + " cannot be read: it is kept as "
        + copy
        + " and written anew; whether the config given is the run's own cannot be told";
  }

  /** The experiment of a run. */
  public static Experiment config(Path run) {
    return new ConfigLoader().load(run.resolve(CONFIG), List.of(), false);
  }

  /**
   * Removes what a run that made no step has left, and the folder if nothing else is in it. Close
   * the directory first.
   */
  public void discard() throws IOException {
    if (!new Checkpoints(checkpoints(), 1).list().isEmpty()) {
      Path first = checkpoints().resolve("step-00000000"); // of a run that deals its classes out
      Checkpoints.deleteTree(first);
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (OF_A_START.contains(name) || name.startsWith("events.out.tfevents.")) {
          Files.delete(file);
        }
      }
    }
    for (Path empty : List.of(checkpoints(), folder)) {
      if (Files.isDirectory(empty) && isEmpty(empty)) {
        Files.delete(empty);
      }
    }
    made.close();
  }

  /** Removes the folder of a process that ended before it wrote anything to it. */
  public static void discardUnbegun(Path folder) throws IOException {
    Files.deleteIfExists(folder.resolve(".lock"));
    deleteIfEmpty(folder);
  }

  private static void deleteIfEmpty(Path folder) {
    try {
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      // Something is in it, or it cannot be written to: what went wrong before says enough.
    }
  }

  private static boolean isEmpty(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.findAny().isEmpty();
    }
  }

  @Override
  public void close() throws IOException {
    lockFile.close();
  }
}
