package ffc.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

/** Whether another process has written a file anew, as it does on its way, since this was made. */
final class FileChange {
  private final Path file;
  private final Object before;

  FileChange(Path file) {
    this.file = file;
    before = version();
  }

  boolean isSeen() {
    return !Objects.equals(version(), before);
  }

  /** Null without a file. One that is replaced is another file, whatever its time. */
  private Object version() {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      return now.fileKey() + " " + now.lastModifiedTime().toInstant();
    } catch (IOException e) {
      return null;
    }
  }
}
