package ffc.formats;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Writes files that are either whole or absent: aside, forced to the disk, renamed. */
final class WholeFiles {
  /** Writes the content. */
  interface Content {
    void writeTo(FileChannel channel) throws IOException;
  }

  private WholeFiles() {}

  static void write(Path file, Content content) {
    Path target = file.toAbsolutePath();
    Path aside = target.resolveSibling(target.getFileName() + ".tmp");
    try {
      if (target.getParent() != null) {
        Files.createDirectories(target.getParent());
      }
      try (FileChannel channel =
          FileChannel.open(
              aside,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        content.writeTo(channel);
        channel.force(true);
      }
      Files.move(
          aside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(FileProblem.writing(file, discarding(aside, e)));
    } catch (RuntimeException e) {
      discarding(aside, e);
      throw e;
    }
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

  /** What to tell about a file that cannot be read: Java's own message is often just its name. */
  static IllegalArgumentException unreadable(Path file, IOException problem) {
    return new IllegalArgumentException(
        problem instanceof NoSuchFileException
            ? file + ": no such file"
            : file + ": cannot be read: " + problem.getMessage(),
        problem);
  }

  static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Reads {@code count} bytes at a position; the caller has checked that they exist. */
  static ByteBuffer read(FileChannel channel, long position, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, position + bytes.position()) < 0) {
        throw new IOException("ended at byte " + (position + bytes.position()));
      }
    }
    return bytes.flip();
  }
}
