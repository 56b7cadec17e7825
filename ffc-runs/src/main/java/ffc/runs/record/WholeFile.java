package ffc.runs.record;

import ffc.formats.FileProblem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Text files that are either old or new, never half: written aside, forced, renamed. */
public final class WholeFile {
  private WholeFile() {}

  /** Replaces the file's content. */
  public static void write(Path file, String text) throws IOException {
    Path aside = file.resolveSibling("." + file.getFileName() + ".writing");
    try {
      replace(file, aside, text);
    } catch (IOException e) {
      try {
        Files.deleteIfExists(aside); // half-written, on a disk that is full
      } catch (IOException also) {
        e.addSuppressed(also);
      }
      throw FileProblem.writing(file, e);
    }
  }

  private static void replace(Path file, Path aside, String text) throws IOException {
    try (FileChannel out =
        FileChannel.open(
            aside,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.force(true);
    }
    Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
