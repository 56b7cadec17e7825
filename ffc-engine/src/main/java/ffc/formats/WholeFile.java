package ffc.formats;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Files that are either old or new, never half: written aside, forced to the disk, renamed. */
public final class WholeFile {
  /** Writes the content. */
  @FunctionalInterface
  public interface Content {
    void writeTo(FileChannel channel) throws IOException;
  }

  private WholeFile() {}

  /** Replaces the file by a text in UTF-8. */
  public static void write(Path file, String text) throws IOException {
    write(file, channel -> writeFully(channel, StandardCharsets.UTF_8.encode(text)));
  }

  /** Replaces the file by bytes. */
  public static void write(Path file, byte[] bytes) throws IOException {
    write(file, channel -> writeFully(channel, ByteBuffer.wrap(bytes)));
  }

  /**
   * Replaces the file.
   *
   * @throws IOException if that fails; the message names the file, which stays as it was
   */
  public static void write(Path file, Content content) throws IOException {
    Path aside = file.resolveSibling("." + file.getFileName() + ".writing");
    try {
      replace(file, aside, content);
    } catch (IOException e) {
      throw FileProblem.writing(file, discarding(aside, e));
    } catch (RuntimeException e) {
      throw discarding(aside, e);
    }
  }

  /** As {@link #write(Path, String)}, into a folder that is made if it is not there. */
  public static void create(Path file, String text) {
    create(file, channel -> writeFully(channel, StandardCharsets.UTF_8.encode(text)));
  }

  /** As {@link #write(Path, Content)}, into a folder that is made if it is not there. */
  public static void create(Path file, Content content) {
    try {
      createFolder(file.toAbsolutePath().getParent());
      write(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException(FileProblem.writing(file, e));
    }
  }

  /** Makes a folder and those above it; if a signal ends the process, the empty ones go. */
  private static void createFolder(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      createFolder(folder.getParent());
      Files.createDirectory(folder);
      folder.toFile().deleteOnExit();
    }
  }

  private static void replace(Path file, Path aside, Content content) throws IOException {
    try (FileChannel out =
        FileChannel.open(
            aside,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      aside.toFile().deleteOnExit(); // if a signal ends the process meanwhile
      content.writeTo(out);
      out.force(true);
    }
    Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Removes what was half-written: on a full disk it would keep others from being written. */
  private static <T extends Exception> T discarding(Path aside, T problem) {
    try {
      Files.deleteIfExists(aside);
    } catch (IOException e) {
      problem.addSuppressed(e);
    }
    return problem;
  }

  /** Writes all of the bytes at the channel's position. */
  static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
