package ffc.loaders.tools;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file written aside, forced to disk and renamed by {@link #commit}: it appears whole or not at
 * all. Closing without commit removes it, and so does a signal that ends the process.
 */
public final class AsideFile implements Closeable {
  private final Path target;
  private final Path aside;
  private final FileChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
  private long size;

  /**
   * Refuses to put a file in the place of another.
   *
   * @throws IllegalArgumentException if there is one
   */
  public static void refuseExisting(Path... targets) {
    for (Path target : targets) {
      if (Files.exists(target)) {
        throw new IllegalArgumentException(
            target + ": exists already; remove it or choose another name");
      }
    }
  }

  public AsideFile(Path target) throws IOException {
    this.target = target;
    this.aside = target.resolveSibling(target.getFileName() + ".part");
    this.channel =
        FileChannel.open(
            aside,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    aside.toFile().deleteOnExit(); // a signal ends the process without a close
  }

  /** Bytes written so far. */
  long size() {
    return size;
  }

  /** Appends bytes. */
  public void write(ByteBuffer bytes) throws IOException {
    ByteBuffer source = bytes.duplicate();
    size += source.remaining();
    if (source.remaining() > buffer.remaining()) {
      flush();
    }
    if (source.remaining() > buffer.remaining()) {
      writeAll(source);
    } else {
      buffer.put(source);
    }
  }

  /** Overwrites bytes that were written before. */
  void patch(long offset, ByteBuffer bytes) throws IOException {
    flush();
    channel.write(bytes, offset);
  }

  /** Puts the file, forced to the disk, in its place. */
  public void commit() throws IOException {
    flush();
    channel.force(true);
    rename();
  }

  /** As {@link #commit} without waiting for the disk, for files that can be made again. */
  void commitUnforced() throws IOException {
    flush();
    rename();
  }

  private void rename() throws IOException {
    channel.close();
    Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private void flush() throws IOException {
    buffer.flip();
    writeAll(buffer);
    buffer.clear();
  }

  private void writeAll(ByteBuffer bytes) throws IOException {
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw new IOException(target + ": cannot be written: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() throws IOException {
    if (channel.isOpen()) {
      try {
        channel.close();
      } finally {
        Files.deleteIfExists(aside);
      }
    }
  }
}
