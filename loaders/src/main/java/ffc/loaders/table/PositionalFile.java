package ffc.loaders.table;

import com.google.common.io.Closer;
import ffc.loaders.data.BadDataException;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;

/**
 * A file of image bodies, read by position into a buffer of the reading thread. A mapping would
 * make the system read ahead at every image, up to megabytes for a few kilobytes wanted; a read by
 * position takes the pages it asks for and no others. Thread-safe.
 */
public final class PositionalFile implements Closeable {
  /** Longest range that is read. */
  public static final int MAX_LENGTH = 1 << 30;

  /** A longer range gets a buffer that is not kept. */
  private static final int KEPT = 1 << 24;

  private static final ThreadLocal<ByteBuffer> BUFFER =
      ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(1 << 16));

  private final Path path;
  private final long size;
  private FileChannel channel; // under the lock of this
  private boolean closed;

  private PositionalFile(Path path, FileChannel channel, long size) {
    this.path = path;
    this.channel = channel;
    this.size = size;
  }

  /**
   * Opens a regular file.
   *
   * @throws BadDataException if it cannot be read
   */
  public static PositionalFile open(Path path) {
    try {
      FileChannel channel = RegularFile.open(path);
      return new PositionalFile(path, channel, channel.size());
    } catch (IOException e) {
      throw new BadDataException(path + ": " + RegularFile.reason(e), e);
    }
  }

  public Path path() {
    return path;
  }

  /** Size in bytes when it was opened. */
  public long size() {
    return size;
  }

  /**
   * Reads a range.
   *
   * @param length at most {@link #MAX_LENGTH}
   * @return the bytes, little-endian, from position 0 to the limit; valid until the calling thread
   *     reads again, from whatever file
   * @throws IOException if the range leaves the file, or the file was cut since
   */
  public ByteBuffer read(long offset, int length) throws IOException {
    if (offset < 0 || length < 0 || length > MAX_LENGTH || offset > size - length) {
      throw new IOException(
          "wanted %d bytes at offset %d, the file has %d".formatted(length, offset, size));
    }
    ByteBuffer bytes = buffer(length);
    while (bytes.hasRemaining()) {
      FileChannel from = channel();
      int read;
      try {
        read = from.read(bytes, offset + bytes.position());
      } catch (ClosedChannelException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw e;
        }
        continue; // another thread was interrupted while it read: open again
      }
      if (read < 0) {
        throw new IOException("the file was cut while it was open");
      }
    }
    return bytes.flip();
  }

  /**
   * Reads a whole regular file, as {@link #read} does.
   *
   * @throws IOException if it cannot be read; the message does not name it
   */
  public static ByteBuffer readWhole(Path path) throws IOException {
    try (FileChannel channel = RegularFile.open(path)) {
      long size = channel.size();
      if (size > MAX_LENGTH) {
        throw new IOException("file of " + size + " bytes, at most 1 GiB is read");
      }
      ByteBuffer bytes = buffer((int) size);
      while (bytes.hasRemaining() && channel.read(bytes) >= 0) {}
      return bytes.flip();
    } catch (IOException e) {
      throw new IOException(RegularFile.reason(e), e);
    }
  }

  private static ByteBuffer buffer(int length) {
    ByteBuffer buffer = BUFFER.get();
    if (buffer.capacity() < length) {
      buffer =
          ByteBuffer.allocateDirect(length <= KEPT ? Integer.highestOneBit(length) * 2 : length);
      if (length <= KEPT) {
        BUFFER.set(buffer);
      }
    }
    return buffer.clear().limit(length).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The channel; opened anew if an interrupted thread closed it. */
  private synchronized FileChannel channel() throws IOException {
    if (closed) {
      throw new ClosedChannelException();
    }
    if (!channel.isOpen()) {
      channel = RegularFile.open(path);
    }
    return channel;
  }

  /** Closes files, all of them though one cannot be closed. */
  public static void closeAll(List<? extends Closeable> files) {
    try (Closer closer = Closer.create()) {
      files.forEach(closer::register);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends the reading. */
  @Override
  public synchronized void close() {
    closed = true;
    try {
      channel.close();
    } catch (IOException e) {
      throw new BadDataException(path + ": " + RegularFile.reason(e), e);
    }
  }
}
