package ffc.loaders.format;

import ffc.loaders.BadDataException;
import ffc.loaders.store.MappedFile;
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
final class RecordIoFile {
  static final int MAGIC = 0xced7230a;
  private static final int LENGTH_MASK = (1 << 29) - 1;
  private static final int HEADER = 24;
  private static final int MAX_LABELS = 1 << 16;

  private final MappedFile file;

  private RecordIoFile(MappedFile file) {
    this.file = file;
  }

  static RecordIoFile open(Path path) {
    return new RecordIoFile(MappedFile.open(path));
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
    long total = 0;
    long at = offset;
    int parts = 0;
    int firstLength = 0;
    while (true) {
      int lrec = frame(at, parts);
      int length = lrec & LENGTH_MASK;
      if (parts == 0) {
        firstLength = length;
      }
      total += length + (parts == 0 ? 0 : 4);
      at += 8 + ((length + 3L) & ~3L);
      parts++;
      if (last(lrec)) {
        break;
      }
    }
    if (total > MappedFile.MAX_SLICE) {
      throw new IOException("record of " + total + " bytes, at most 1 GiB can be read");
    }
    ByteBuffer head =
        parts == 1 || firstLength >= HEADER + 8
            ? file.slice(offset + 8, Math.min(firstLength, HEADER + 8))
            : join(offset, (int) total);
    if (total < HEADER) {
      throw new IOException("record of " + total + " bytes, wanted a header of 24");
    }
    int flag = head.getInt(0);
    if (flag < 0 || flag > MAX_LABELS || HEADER + 4L * flag > total) {
      throw new IOException("record of " + total + " bytes says it has " + flag + " labels");
    }
    float label = flag == 0 ? head.getFloat(4) : head.getFloat(HEADER);
    float second = flag < 2 ? 0 : head.getFloat(HEADER + 4);
    return new Header(label, second, flag, (int) (total - HEADER - 4L * flag), at);
  }

  /**
   * The encoded image of the record at an offset: a slice of the file unless it has parts.
   *
   * @param label what its label must be, as far as float32 can tell
   */
  ByteBuffer image(long offset, long label) throws IOException {
    ByteBuffer record = record(offset);
    int flag = record.getInt(0);
    float found = record.getFloat(flag == 0 ? 4 : HEADER);
    if (found != (float) label) {
      throw new IOException(
          "label is %s, wanted %d: the file was changed or damaged since it was opened or indexed"
              .formatted(found, label));
    }
    return record.position(HEADER + 4 * flag);
  }

  /** The encoded image of the record at an offset, whatever its label. */
  ByteBuffer image(long offset) throws IOException {
    ByteBuffer record = record(offset);
    return record.position(HEADER + 4 * record.getInt(0));
  }

  /** The record at an offset; its header is within bounds. */
  private ByteBuffer record(long offset) throws IOException {
    int lrec = frame(offset, 0);
    int length = lrec & LENGTH_MASK;
    ByteBuffer record;
    if (last(lrec)) {
      record = file.slice(offset + 8, length);
    } else {
      Header header = header(offset);
      record = join(offset, HEADER + 4 * header.flag() + header.imageBytes());
    }
    if (record.limit() < HEADER) {
      throw new IOException("record of " + record.limit() + " bytes, wanted a header of 24");
    }
    int flag = record.getInt(0);
    if (flag < 0 || flag > MAX_LABELS || HEADER + 4L * flag > record.limit()) {
      throw new IOException(
          "record of " + record.limit() + " bytes says it has " + flag + " labels");
    }
    return record;
  }

  private ByteBuffer join(long offset, int total) throws IOException {
    ByteBuffer joined = ByteBuffer.allocate(total).order(ByteOrder.LITTLE_ENDIAN);
    long at = offset;
    for (int part = 0; ; part++) {
      int lrec = frame(at, part);
      int length = lrec & LENGTH_MASK;
      if (part > 0) {
        joined.putInt(MAGIC);
      }
      joined.put(file.slice(at + 8, length));
      at += 8 + ((length + 3L) & ~3L);
      if (last(lrec)) {
        return joined.flip();
      }
    }
  }

  /** Checks the frame of a part and returns its lrec. */
  private int frame(long at, int part) throws IOException {
    if (at < 0 || at > file.size() - 8) {
      throw new IOException(
          "no record at offset %d: the file has %d bytes".formatted(at, file.size()));
    }
    int magic = file.getInt(at);
    if (magic != MAGIC) {
      throw new IOException(
          "offset %d begins with %08x, wanted the record mark %08x".formatted(at, magic, MAGIC));
    }
    int lrec = file.getInt(at + 4);
    int cflag = lrec >>> 29;
    boolean fits = part == 0 ? cflag == 0 || cflag == 1 : cflag == 2 || cflag == 3;
    if (!fits) {
      throw new IOException(
          "part %d of the record, at offset %d, has continuation flag %d"
              .formatted(part, at, cflag));
    }
    int length = lrec & LENGTH_MASK;
    if (length > file.size() - at - 8) {
      throw new IOException(
          "record ends early: %d bytes from offset %d on, the file has %d"
              .formatted(length, at + 8, file.size()));
    }
    return lrec;
  }

  private static boolean last(int lrec) {
    int cflag = lrec >>> 29;
    return cflag == 0 || cflag == 3;
  }

  /** Wraps a fault of the record at an offset. */
  BadDataException fault(long key, long offset, IOException cause) {
    return new BadDataException(describe(key, offset) + ": " + cause.getMessage(), cause);
  }

  String describe(long key, long offset) {
    return "%s key %d (offset %d)".formatted(file.path(), key, offset);
  }

  Path path() {
    return file.path();
  }
}
