package ffc.loaders.table;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/** Opens regular files and nothing else: to open a named pipe is to wait for its writer. */
final class RegularFile {
  private RegularFile() {}

  /**
   * Opens a file for reading; links are followed.
   *
   * @throws IOException if it is missing, may not be read, or is a folder, pipe, socket or device
   */
  static FileChannel open(Path path) throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
    if (!attributes.isRegularFile()) {
      throw new IOException(
          attributes.isDirectory()
              ? "is a folder, wanted a file"
              : "is a pipe, socket or device, wanted a file");
    }
    return FileChannel.open(path, StandardOpenOption.READ);
  }

  /** What an exception of the file system says without naming the file again. */
  static String reason(IOException e) {
    return e instanceof NoSuchFileException
        ? "no such file"
        : e instanceof AccessDeniedException
            ? "may not be read: permission denied"
            : e.getMessage();
  }
}
