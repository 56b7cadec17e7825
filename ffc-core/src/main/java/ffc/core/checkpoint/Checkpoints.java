package ffc.core.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * The checkpoints of one run: folders {@code step-<number>}, of which the newest few are kept, and
 * {@code best}. What an abandoned continuation has left lies in {@code set-aside}; nothing here
 * looks into it.
 */
public final class Checkpoints {
  /** Name of the best checkpoint by {@code run.best}. */
  public static final String BEST = "best";

  private static final String SET_ASIDE = "set-aside";

  private final Path folder;
  private final int keep;

  /**
   * @param folder created when the first checkpoint is written
   * @param keep newest checkpoints that stay
   */
  public Checkpoints(Path folder, int keep) {
    this.folder = folder;
    this.keep = keep;
  }

  /** Fills a checkpoint. */
  @FunctionalInterface
  public interface Content {
    void write(CheckpointWriter out) throws IOException;
  }

  /**
   * Writes the checkpoint of a step and drops those before it that are too many. Returns its
   * folder.
   */
  public Path write(long step, Content content) throws IOException {
    Path written = write(name(step), content);
    List<Path> upToIt = list().stream().filter(path -> stepOf(path) <= step).toList();
    for (Path old : upToIt.subList(0, Math.max(0, upToIt.size() - keep))) {
      deleteTree(old);
    }
    return written;
  }

  /** Writes the best checkpoint. */
  public Path writeBest(Content content) throws IOException {
    return write(BEST, content);
  }

  private Path write(String name, Content content) throws IOException {
    CheckpointWriter writer = new CheckpointWriter(folder.resolve(name));
    try {
      content.write(writer);
      return writer.commit();
    } catch (IOException | RuntimeException | Error e) {
      writer.discard();
      throw e;
    }
  }

  private static String name(long step) {
    return String.format(Locale.ROOT, "step-%08d", step);
  }

  /** A folder that does not exist yet, for what is set aside when a run goes on after a step. */
  public Path aside(long step) {
    for (int i = 1; ; i++) {
      String name = "after-" + name(step) + (i == 1 ? "" : "-" + i);
      Path aside = folder.resolve(SET_ASIDE).resolve(name);
      if (Files.notExists(aside)) {
        return aside;
      }
    }
  }

  /**
   * Moves away the checkpoints of steps after one that the run now goes on from, the best one
   * included, and removes what a killed run left half-written.
   *
   * @param aside where to, as {@link #aside} names it; created if there is anything to move
   * @return names of what was moved
   */
  public List<String> setAsideAfter(long step, Path aside) throws IOException {
    removeHalfWritten();
    List<Path> later =
        new ArrayList<>(list().stream().filter(path -> stepOf(path) > step).toList());
    Path best = folder.resolve(BEST);
    if (Files.isDirectory(best) && stepIn(best) > step) {
      later.add(best);
    }
    if (later.isEmpty()) {
      return List.of();
    }
    Files.createDirectories(aside);
    for (Path checkpoint : later) {
      Files.move(
          checkpoint, aside.resolve(checkpoint.getFileName()), StandardCopyOption.ATOMIC_MOVE);
    }
    CheckpointWriter.syncFolder(aside);
    CheckpointWriter.syncFolder(folder);
    return later.stream().map(path -> path.getFileName().toString()).toList();
  }

  /** A trainer that writes no checkpoints any more would never replace it. */
  private void removeHalfWritten() throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> entries = Files.list(folder)) {
      for (Path half : entries.filter(CheckpointWriter::isHalfWritten).toList()) {
        deleteTree(half);
      }
    }
  }

  /** The step that a checkpoint says it is of; past all steps if it cannot be read. */
  private static long stepIn(Path checkpoint) {
    try {
      return Files.readString(checkpoint.resolve("state.properties"), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> line.matches("step=[0-9]{1,18}"))
          .mapToLong(line -> Long.parseLong(line.substring("step=".length())))
          .findFirst()
          .orElse(Long.MAX_VALUE);
    } catch (IOException e) {
      return Long.MAX_VALUE;
    }
  }

  /** Whether there is a best checkpoint. */
  public boolean hasBest() {
    return Files.isDirectory(folder.resolve(BEST));
  }

  /** The checkpoint of the most steps, if there is one. */
  public Optional<Path> latest() throws IOException {
    List<Path> all = list();
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
  }

  /** The checkpoints by step, oldest first, the best one left out. */
  public List<Path> list() throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    recoverReplaced();
    return stepsIn(folder);
  }

  /** The newest checkpoint that lies beside a given one and is of fewer steps; changes nothing. */
  static Optional<Path> before(Path checkpoint) throws IOException {
    Path beside = checkpoint.resolveSibling("");
    long step = isStep(checkpoint) ? stepOf(checkpoint) : stepIn(checkpoint);
    return stepsIn(beside.toString().isEmpty() ? Path.of(".") : beside).stream()
        .filter(path -> stepOf(path) < step)
        .reduce((older, newer) -> newer);
  }

  private static List<Path> stepsIn(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(Checkpoints::isStep)
          .filter(Files::isDirectory)
          .sorted(Comparator.comparingLong(Checkpoints::stepOf))
          .toList();
    }
  }

  private static boolean isStep(Path folder) {
    return folder.getFileName().toString().matches("step-[0-9]{1,18}");
  }

  /**
   * A run killed between the two renames of a replacement still has the old one under its alias.
   */
  private void recoverReplaced() throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      for (Path old :
          entries.filter(p -> p.getFileName().toString().startsWith(".old-")).toList()) {
        Path name = folder.resolve(old.getFileName().toString().substring(".old-".length()));
        if (Files.exists(name)) {
          deleteTree(old);
        } else {
          Files.move(old, name, StandardCopyOption.ATOMIC_MOVE);
        }
      }
    }
  }

  /** The step of a checkpoint by its name; empty for one of another name, such as the best. */
  public static OptionalLong step(Path folder) {
    return isStep(folder) ? OptionalLong.of(stepOf(folder)) : OptionalLong.empty();
  }

  private static long stepOf(Path folder) {
    return Long.parseLong(folder.getFileName().toString().substring("step-".length()));
  }

  /** Deletes a folder and all below it, if it exists. */
  public static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(root)) {
      tree.sorted(Comparator.reverseOrder())
          .forEach(
              path -> {
                try {
                  Files.delete(path);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
