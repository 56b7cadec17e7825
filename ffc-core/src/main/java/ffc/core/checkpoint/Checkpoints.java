package ffc.core.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The checkpoints of one run: folders {@code step-<number>}, of which the newest few are kept, and
 * {@code best}.
 */
public final class Checkpoints {
  /** Name of the best checkpoint by {@code run.best}. */
  public static final String BEST = "best";

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

  /** Writes the checkpoint of a step and drops those that are too many. Returns its folder. */
  public Path write(long step, Content content) throws IOException {
    Path written = write(name(step), content);
    List<Path> all = list();
    for (Path old : all.subList(0, Math.max(0, all.size() - keep))) {
      deleteTree(old);
    }
    return written;
  }

  /** Writes the best checkpoint. */
  public Path writeBest(Content content) throws IOException {
    return write(BEST, content);
  }

  private Path write(String name, Content content) throws IOException {
    Files.createDirectories(folder);
    CheckpointWriter writer = new CheckpointWriter(folder.resolve(name));
    content.write(writer);
    return writer.commit();
  }

  private static String name(long step) {
    return String.format("step-%08d", step);
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
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(p -> p.getFileName().toString().matches("step-[0-9]+"))
          .sorted(Comparator.comparingLong(Checkpoints::stepOf))
          .toList();
    }
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
