package ffc.loaders.table;

import ffc.loaders.data.BadDataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * A read-only mapping of a file of any size, little-endian: for arrays and lists, which are walked
 * or looked into everywhere; image bodies are read from a {@link PositionalFile}. Segment i maps up
 * to 2 GiB from i GiB on, so that every range of up to 1 GiB lies within one segment. The mapping
 * ends when the object is collected: slices stay valid as long as they are held.
 */
public final class MappedFile implements LongArray, Blob {
  private static final int SEGMENT_SHIFT = 30;

  /** Longest range that {@link #slice} can give. */
  public static final int MAX_SLICE = 1 << SEGMENT_SHIFT;

  private final Path path;
  private final long size;
  private final ByteBuffer[] segments;

  private MappedFile(Path path, long size, ByteBuffer[] segments) {
    this.path = path;
    this.size = size;
    this.segments = segments;
  }

  /**
   * Maps a file.
   *
   * @throws BadDataException if it cannot be read
   */
  public static MappedFile open(Path path) {
    try (FileChannel channel = RegularFile.open(path)) {
      long size = channel.size();
      int count = (int) ((size + MAX_SLICE - 1) >>> SEGMENT_SHIFT);
      ByteBuffer[] segments = new ByteBuffer[count];
      for (int i = 0; i < count; i++) {
        long start = (long) i << SEGMENT_SHIFT;
        long length = Math.min(size - start, Integer.MAX_VALUE);
        segments[i] =
            channel
                .map(FileChannel.MapMode.READ_ONLY, start, length)
                .order(ByteOrder.LITTLE_ENDIAN);
      }
      return new MappedFile(path, size, segments);
    } catch (IOException e) {
      throw new BadDataException(path + ": " + RegularFile.reason(e), e);
    }
  }

  public Path path() {
    return path;
  }

  /** Size in bytes when it was opened. */
  @Override
  public long size() {
    return size;
  }

  /** The file seen as 64-bit little-endian numbers. */
  @Override
  public long length() {
    return size >>> 3;
  }

  @Override
  public long get(long index) {
    long offset = index << 3;
    return segments[(int) (offset >>> SEGMENT_SHIFT)].getLong((int) offset & (MAX_SLICE - 1));
  }

  /** The 32-bit little-endian number at a byte offset. */
  public int getInt(long offset) {
    check(offset, Integer.BYTES);
    return segments[(int) (offset >>> SEGMENT_SHIFT)].getInt((int) offset & (MAX_SLICE - 1));
  }

  /** The byte at an offset, 0..255. */
  public int getByte(long offset) {
    check(offset, 1);
    return segments[(int) (offset >>> SEGMENT_SHIFT)].get((int) offset & (MAX_SLICE - 1)) & 0xff;
  }

  /** A read-only little-endian view of a range of at most {@link #MAX_SLICE} bytes. */
  @Override
  public ByteBuffer slice(long offset, int length) {
    check(offset, length);
    if (length == 0) {
      return ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);
    }
    return segments[(int) (offset >>> SEGMENT_SHIFT)]
        .slice((int) offset & (MAX_SLICE - 1), length)
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** CRC-32C of the bytes in [from, to). */
  public int crc(long from, long to) {
    CRC32C crc = new CRC32C();
    for (long at = from; at < to; at += 1 << 20) {
      crc.update(slice(at, (int) Math.min(1 << 20, to - at)));
    }
    return (int) crc.getValue();
  }

  private void check(long offset, int length) {
    if (offset < 0 || length < 0 || length > MAX_SLICE || offset > size - length) {
      throw new BadDataException(
          path + ": wanted " + length + " bytes at offset " + offset + ", the file has " + size);
    }
  }
}
