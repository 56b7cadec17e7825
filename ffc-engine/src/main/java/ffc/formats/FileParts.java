package ffc.formats;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reading parts of files. */
final class FileParts {
  private FileParts() {}

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

  /** What to tell about a file that cannot be read: Java's own message is often just its name. */
  static IllegalArgumentException unreadable(Path file, IOException problem) {
    return new IllegalArgumentException(
        problem instanceof NoSuchFileException
            ? file + ": no such file"
            : file + ": cannot be read: " + problem.getMessage(),
        problem);
  }
}
