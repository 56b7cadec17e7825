package ffc.loaders.source;

import ffc.loaders.data.BadDataException;
import ffc.loaders.table.PositionalFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * One MXNet RecordIO file, little-endian:
 *
 * <pre>
 * file    = part*
 * part    = u32 magic 0xced7230a, u32 lrec, data[lrec &amp; (2^29 - 1)], zeros to a multiple of 4
 * lrec    = cflag &lt;&lt; 29 | length;  cflag: 0 a whole record, 1 / 2 / 3 first / middle / last part
 * record  = its parts' data, joined by the four bytes of the magic number
 *         = u32 flag, f32 label, u64 id, u64 id2, f32 labels[flag], encoded image
 * </pre>
 */
final class RecordIoFile implements Closeable {
  static final int MAGIC = 0xced7230a;
  private static final int LENGTH_MASK = (1 << 29) - 1;
  private static final int FRAME = 8;
  private static final int HEADER = 24;
  private static final int MAX_LABELS = 1 << 16;

  /** The next record's place is no guide to this one's length above so many bytes. */
  private static final int MAX_GAP = 1 << 18;

  private final PositionalFile file;

  private RecordIoFile(PositionalFile file) {
    this.file = file;
  }

  static RecordIoFile open(Path path) {
    return new RecordIoFile(PositionalFile.open(path));
  }

  long size() {
    return file.size();
  }

  /**
   * Header of a record.
   *
   * @param label the scalar label, or element 0 of the vector
   * @param second element 1 of the vector, 0 if there is none
   * @param flag number of labels in the vector, 0 for a scalar
   * @param imageBytes bytes of the encoded image, 0 in identity records
   * @param end offset behind the record
   */
  record Header(float label, float second, int flag, int imageBytes, long end) {}

  /** Reads the header of the record at an offset, and checks the frame of all its parts. */
  Header header(long offset) throws IOException {
    ByteBuffer first = part(offset, 0, FRAME + HEADER + 8);
    int lrec = first.getInt(4);
    long total = lrec & LENGTH_MASK;
    long at = offset;
    for (int part = 1; !last(lrec); part++) {
      at = behind(at, lrec);
      lrec = part(at, part, FRAME).getInt(4);
      total += 4 + (lrec & LENGTH_MASK);
    }
    if (total > PositionalFile.MAX_LENGTH) {
      throw new IOException("record of " + total + " bytes, at most 1 GiB can be read");
    }
    ByteBuffer head =
        at == offset
            ? body(first, (int) Math.min(total, first.limit() - FRAME))
            : join(offset, (int) total);
    int flag = labels(head, total);
    float label = flag == 0 ? head.getFloat(4) : head.getFloat(HEADER);
    float second = flag < 2 ? 0 : head.getFloat(HEADER + 4);
    return new Header(label, second, flag, (int) (total - HEADER - 4L * flag), behind(at, lrec));
  }

  /**
   * The encoded image of the record at an offset; valid until the calling thread reads again.
   *
   * @param gap bytes to the record that is thought to be the next, to read as many at once; any
   *     number
   * @param label what its label must be, as far as float32 can tell
   */
  ByteBuffer image(long offset, long gap, long label) throws IOException {
    ByteBuffer record = record(offset, gap);
    int flag = record.getInt(0);
    float found = record.getFloat(flag == 0 ? 4 : HEADER);
    if (found != (float) label) {
      throw new IOException(
          "label is %s, wanted %d: the file was changed or damaged since it was opened or indexed"
              .formatted(found, label));
    }
    return record.position(HEADER + 4 * flag);
  }

  /** The encoded image of the record at an offset, whatever its label; valid as above. */
  ByteBuffer image(long offset) throws IOException {
    ByteBuffer record = record(offset, 0);
    return record.position(HEADER + 4 * record.getInt(0));
  }

  /** The record at an offset; its header is within bounds. */
  private ByteBuffer record(long offset, long gap) throws IOException {
    ByteBuffer bytes = part(offset, 0, gap > FRAME && gap <= MAX_GAP ? (int) gap : FRAME);
    int lrec = bytes.getInt(4);
    int length = lrec & LENGTH_MASK;
    ByteBuffer record;
    if (!last(lrec)) {
      Header header = header(offset);
      record = join(offset, HEADER + 4 * header.flag() + header.imageBytes());
    } else if (length <= bytes.limit() - FRAME) {
      record = body(bytes, length);
    } else {
      record = file.read(offset + FRAME, length);
    }
    labels(record, record.limit());
    return record;
  }

  private static ByteBuffer body(ByteBuffer part, int length) {
    return part.slice(FRAME, length).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Number of labels in the vector of a record's header.
   *
   * @param head begins with the header
   * @param total bytes of the record
   */
  private static int labels(ByteBuffer head, long total) throws IOException {
    if (total < HEADER) {
      throw new IOException("record of " + total + " bytes, wanted a header of 24");
    }
    int flag = head.getInt(0);
    if (flag < 0 || flag > MAX_LABELS || HEADER + 4L * flag > total) {
      throw new IOException("record of " + total + " bytes says it has " + flag + " labels");
    }
    return flag;
  }

  private ByteBuffer join(long offset, int total) throws IOException {
    ByteBuffer joined = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
    long at = offset;
    for (int part = 0; ; part++) {
      int lrec = part(at, part, FRAME).getInt(4);
      if (part > 0) {
        joined.putInt(MAGIC);
      }
      joined.put(file.read(at + FRAME, lrec & LENGTH_MASK));
      if (last(lrec)) {
        return joined.flip();
      }
      at = behind(at, lrec);
    }
  }

  /** Offset behind a part. */
  private static long behind(long at, int lrec) {
    return at + FRAME + (((lrec & LENGTH_MASK) + 3L) & ~3L);
  }

  /** Reads a part's first bytes, {@code most} of them or up to the file's end; checks the frame. */
  private ByteBuffer part(long at, int part, int most) throws IOException {
    if (at < 0 || at > file.size() - FRAME) {
      throw new IOException(
          "no record at offset %d: the file has %d bytes".formatted(at, file.size()));
    }
    ByteBuffer bytes = file.read(at, (int) Math.min(most, file.size() - at));
    int magic = bytes.getInt(0);
    if (magic != MAGIC) {
      throw new IOException(
          "offset %d begins with %08x, wanted the record mark %08x".formatted(at, magic, MAGIC));
    }
    int lrec = bytes.getInt(4);
    int cflag = lrec >>> 29;
    boolean fits = part == 0 ? cflag == 0 || cflag == 1 : cflag == 2 || cflag == 3;
    if (!fits) {
      throw new IOException(
          "part %d of the record, at offset %d, has continuation flag %d"
              .formatted(part, at, cflag));
    }
    int length = lrec & LENGTH_MASK;
    if (length > file.size() - at - FRAME) {
      throw new IOException(
          "record ends early: %d bytes from offset %d on, the file has %d"
              .formatted(length, at + FRAME, file.size()));
    }
    return bytes;
  }

  private static boolean last(int lrec) {
    int cflag = lrec >>> 29;
    return cflag == 0 || cflag == 3;
  }

  /** Wraps a fault of the record at an offset. */
  BadDataException fault(long key, long offset, IOException cause) {
    return new BadDataException(describe(key, offset) + ": " + cause.getMessage(), cause);
  }

  /** A record's place for messages; a negative key is unknown. */
  String describe(long key, long offset) {
    return key < 0
        ? "%s (offset %d)".formatted(file.path(), offset)
        : "%s key %d (offset %d)".formatted(file.path(), key, offset);
  }

  Path path() {
    return file.path();
  }

  @Override
  public void close() {
    file.close();
  }
}
