package ffc.loaders.format;

import ffc.loaders.BadDataException;
import ffc.loaders.store.MappedFile;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Keys and offsets of a RecordIO pack, in file order of the {@code .idx}: lines {@code
 * key<TAB>offset}. Without an {@code .idx} the records are walked and numbered from 0.
 */
final class RecordIoKeys {

  /** Receives one record. */
  interface Visitor {
    void record(long key, long offset) throws IOException;
  }

  private RecordIoKeys() {}

  static Path indexOf(Path rec) {
    String name = rec.getFileName().toString();
    String stem = name.endsWith(".rec") ? name.substring(0, name.length() - 4) : name;
    return rec.resolveSibling(stem + ".idx");
  }

  /** Calls the visitor for every record of the pack, in constant memory. */
  static void forEach(RecordIoFile rec, Visitor visitor) {
    Path idx = indexOf(rec.path());
    if (Files.exists(idx)) {
      parse(idx, visitor);
      return;
    }
    long key = 0;
    long offset = 0;
    while (offset < rec.size()) {
      try {
        visitor.record(key, offset);
        offset = rec.header(offset).end();
      } catch (IOException e) {
        throw rec.fault(key, offset, e);
      }
      key++;
    }
  }

  private static void parse(Path idx, Visitor visitor) {
    MappedFile file = MappedFile.open(idx);
    long size = file.size();
    long line = 1;
    long at = 0;
    LongArrayList fields = new LongArrayList(2);
    while (at < size) {
      fields.clear();
      boolean inNumber = false;
      long value = 0;
      while (at < size) {
        int c = file.getByte(at++);
        if (c >= '0' && c <= '9' && value < Long.MAX_VALUE / 10 - 10) {
          value = 10 * value + c - '0';
          inNumber = true;
          continue;
        }
        boolean blank = c == '\t' || c == ' ' || c == '\r' || c == '\n';
        if (!blank) {
          throw new BadDataException(
              "%s line %d: byte 0x%02x, wanted \"key<TAB>offset\"".formatted(idx, line, c));
        }
        if (inNumber) {
          fields.add(value);
          inNumber = false;
          value = 0;
        }
        if (c == '\n') {
          break;
        }
      }
      if (inNumber) {
        fields.add(value);
      }
      if (fields.size() == 2) {
        try {
          visitor.record(fields.getLong(0), fields.getLong(1));
        } catch (IOException e) {
          throw new BadDataException("%s line %d: %s".formatted(idx, line, e.getMessage()), e);
        }
      } else if (!fields.isEmpty()) {
        throw new BadDataException(
            "%s line %d: %d numbers, wanted \"key<TAB>offset\""
                .formatted(idx, line, fields.size()));
      }
      line++;
    }
  }
}
