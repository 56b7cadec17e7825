package ffc.loaders.source;

import ffc.loaders.data.BadDataException;
import ffc.loaders.table.MappedFile;
import ffc.loaders.table.TextLines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Keys and offsets of a RecordIO pack, in the order of the {@code .idx}: lines {@code
 * key<TAB>offset}. Without an {@code .idx} the records are walked and numbered from 0.
 */
final class RecordIoKeys {

  /** Receives one record. */
  interface Visitor {
    /**
     * @param next position behind this record, to begin a later walk from
     */
    void record(long key, long offset, long next);
  }

  private RecordIoKeys() {}

  static Path indexOf(Path rec) {
    String name = rec.getFileName().toString();
    String stem = name.endsWith(".rec") ? name.substring(0, name.length() - 4) : name;
    return rec.resolveSibling(stem + ".idx");
  }

  /** Bytes that {@link #forEach} walks over. */
  static long work(RecordIoFile rec) {
    Path idx = indexOf(rec.path());
    try {
      return Files.exists(idx) ? Files.size(idx) : rec.size();
    } catch (IOException e) {
      throw new BadDataException(idx + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Visits the first record alone. */
  static void first(RecordIoFile rec, Visitor visitor) {
    walk(rec, 0, 1, visitor);
  }

  /** Visits all records from a position on, in constant memory. */
  static void forEach(RecordIoFile rec, long from, Visitor visitor) {
    walk(rec, from, Long.MAX_VALUE, visitor);
  }

  private static void walk(RecordIoFile rec, long from, long limit, Visitor visitor) {
    Path idx = indexOf(rec.path());
    if (Files.exists(idx)) {
      new Lines(MappedFile.open(idx), from).visit(limit, visitor);
      return;
    }
    long offset = from;
    // Keys are only for messages; a walk that begins later numbers from its offset.
    long key = from;
    for (long i = 0; i < limit && offset < rec.size(); i++) {
      long end;
      try {
        end = rec.header(offset).end();
      } catch (IOException e) {
        throw rec.fault(key, offset, e);
      }
      visitor.record(key, offset, end);
      offset = end;
      key++;
    }
  }

  /**
   * Key of the record at an offset, found by bisection; -1 without an {@code .idx}, or if its
   * offsets do not ascend: messages must not cost a walk over millions of lines each.
   */
  static long keyOf(RecordIoFile rec, long offset) {
    Path idx = indexOf(rec.path());
    if (!Files.exists(idx)) {
      return -1;
    }
    try {
      MappedFile file = MappedFile.open(idx);
      long low = 0;
      long high = file.size();
      while (low < high) {
        long middle = (low + high) >>> 1;
        while (middle > low && file.getByte(middle - 1) != '\n') {
          middle--;
        }
        long[] line = {-1, Long.MAX_VALUE, high};
        new Lines(file, middle)
            .visit(
                1,
                (key, at, next) -> {
                  line[0] = key;
                  line[1] = at;
                  line[2] = next;
                });
        if (line[1] == offset) {
          return line[0];
        }
        if (line[1] < offset) {
          low = line[2];
        } else {
          high = middle;
        }
      }
    } catch (BadDataException e) {
      return -1;
    }
    return -1;
  }

  /** Parses pairs of numbers, a pair a line. */
  private static final class Lines {
    private final MappedFile file;
    private long at;
    private final long[] fields = new long[2];

    Lines(MappedFile file, long from) {
      this.file = file;
      this.at = Math.max(from, TextLines.begin(file));
    }

    void visit(long limit, Visitor visitor) {
      for (long i = 0; i < limit && at < file.size(); ) {
        int count = line();
        if (count == 2) {
          visitor.record(fields[0], fields[1], at);
          i++;
        } else if (count != 0) {
          throw fault("a line with " + count + " number(s)");
        }
      }
    }

    /** Reads one line; returns the number of its fields. */
    private int line() {
      int count = 0;
      boolean inNumber = false;
      long value = 0;
      while (at < file.size()) {
        int c = file.getByte(at++);
        if (c >= '0' && c <= '9' && value < 1L << 56) {
          value = 10 * value + c - '0';
          inNumber = true;
          continue;
        }
        if (c != '\t' && c != ' ' && c != '\r' && c != '\n') {
          throw fault("byte 0x%02x".formatted(c));
        }
        if (inNumber) {
          count = add(count, value);
          inNumber = false;
          value = 0;
        }
        if (c == '\n') {
          return count;
        }
      }
      return inNumber ? add(count, value) : count;
    }

    private int add(int count, long value) {
      if (count < 2) {
        fields[count] = value;
      }
      return count + 1;
    }

    private BadDataException fault(String got) {
      long line = 1;
      for (long i = 0; i < at - 1; i++) {
        line += file.getByte(i) == '\n' ? 1 : 0;
      }
      return new BadDataException(
          "%s line %d: %s, wanted \"key<TAB>offset\"".formatted(file.path(), line, got));
    }
  }
}
