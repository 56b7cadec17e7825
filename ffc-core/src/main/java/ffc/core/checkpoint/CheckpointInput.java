package ffc.core.checkpoint;

import ffc.formats.FileProblem;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/**
 * A file of a checkpoint while it is read. Reading past its end is a {@link
 * BadCheckpointException}, as is any error of the disk. Files that {@link CheckpointWriter#file}
 * began with a header say what they are:
 *
 * <pre>
 * file := ["FFCF":u32 name:utf version:u32] content
 * </pre>
 *
 * Files without the header are of version 0: programs before 28 November 2026 wrote none.
 */
public final class CheckpointInput extends DataInputStream {
  static final int MAGIC = 0x46464346;

  private final Bounded bounded;
  private final Path file;
  private int version;

  private CheckpointInput(Bounded bounded, Path file) {
    super(bounded);
    this.bounded = bounded;
    this.file = file;
  }

  /**
   * A file without a header.
   *
   * @param in at its start; closed with this
   * @param size bytes of the file
   * @param file for messages
   */
  public static CheckpointInput of(InputStream in, long size, Path file) {
    return new CheckpointInput(new Bounded(in, size, file), file);
  }

  /** Reads the header, if there is one. */
  CheckpointInput withHeader(String name, int newest) throws IOException {
    if (left() < Integer.BYTES) {
      return this;
    }
    mark(Integer.BYTES);
    if (readInt() != MAGIC) {
      reset();
      return this;
    }
    String stored = readUTF();
    version = readInt();
    if (!stored.equals(name) || version < 1 || version > newest) {
      throw bad(
          "it is '"
              + stored
              + "' of version "
              + version
              + ", expected '"
              + name
              + "' of version 1 to "
              + newest);
    }
    return this;
  }

  /** Version of the content; 0 = it has no header. */
  public int version() {
    return version;
  }

  /** Bytes that follow. */
  public long left() {
    return bounded.left;
  }

  /** The file, for messages. */
  public Path path() {
    return file;
  }

  /** To be thrown when the content makes no sense. */
  public BadCheckpointException bad(String problem) {
    return unreadable(file, problem, null);
  }

  /**
   * Checks that all has been read.
   *
   * @throws BadCheckpointException if bytes are left
   */
  public void expectEnd() {
    if (left() != 0) {
      throw bad(left() + " bytes follow where it should end");
    }
  }

  private static BadCheckpointException unreadable(Path file, String problem, IOException cause) {
    return new BadCheckpointException(file + ": cannot be read: " + problem, cause);
  }

  /** Knows how much is left, and has no end but the one expected. */
  private static final class Bounded extends FilterInputStream {
    private final Path file;
    private long left;
    private long leftAtMark;

    Bounded(InputStream in, long size, Path file) {
      super(new BufferedInputStream(in, 1 << 16));
      this.left = size;
      this.file = file;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      read(one, 0, 1);
      return one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      int read;
      try {
        read = in.read(into, from, (int) Math.min(length, left));
      } catch (IOException e) {
        throw unreadable(file, FileProblem.reason(e), e);
      }
      if (read <= 0) {
        throw unreadable(file, "it ends too early", null);
      }
      left -= read;
      return read;
    }

    @Override
    public long skip(long count) throws IOException {
      long skipped = in.skip(Math.min(count, left));
      left -= skipped;
      return skipped;
    }

    @Override
    public synchronized void mark(int limit) {
      super.mark(limit);
      leftAtMark = left;
    }

    @Override
    public synchronized void reset() throws IOException {
      super.reset();
      left = leftAtMark;
    }
  }
}
