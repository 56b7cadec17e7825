package ffc.loaders.source;

import ffc.loaders.data.BadDataException;
import ffc.loaders.sample.Keyed;
import ffc.loaders.table.Place;
import ffc.loaders.table.Source;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Walks the images of one RecordIO pack with their labels. The layout of InsightFace (record 0 says
 * where the identity records begin) and plain packs (every record is an image) are told apart by
 * record 0. Identities come from the labels of the images, not from the identity records: their
 * float32 ranges round above 2^24 images.
 *
 * <p>The {@code .idx} must list every record of the {@code .rec} once, in any order. That is so if
 * and only if the beginnings of the records listed, with the file's end, are the ends of the
 * records listed, with the file's beginning: a list that lacks, repeats or splits a record has some
 * place where more records end than begin. Sums of hashes compare the two in constant memory.
 */
final class RecordIoScan {
  private static final long EXACT_FLOAT = 1L << 24;

  private final RecordIoFile rec;
  private final int part;
  private final long base;
  private final Optional<Property> property;
  private final Source.RowSink sink;
  private final long doneBefore;
  private final boolean compact;
  private final PackRanges ranges;
  private boolean layout;
  private long imagesEnd;
  private long identitiesEnd;
  private long top;
  private long rows;
  private long joints;

  private RecordIoScan(
      RecordIoFile rec,
      Source.Position from,
      Source.RowSink sink,
      long doneBefore,
      boolean compact) {
    this.compact = compact;
    this.rec = rec;
    this.part = from.part();
    this.base = from.base();
    this.top = from.top();
    this.rows = from.rows();
    this.joints = from.joints();
    this.sink = sink;
    this.doneBefore = doneBefore;
    this.property = Property.beside(rec.path());
    this.ranges = from.offset() == 0 ? new PackRanges() : null;
  }

  /**
   * Walks the records from a position within this pack on.
   *
   * @param compact whether the labels may have gaps
   * @return identities of the pack, or the room that its labels take if they may have gaps
   */
  static long scan(
      RecordIoFile rec,
      Source.Position from,
      Source.RowSink sink,
      long doneBefore,
      boolean compact) {
    RecordIoScan scan = new RecordIoScan(rec, from, sink, doneBefore, compact);
    scan.readLayout();
    RecordIoKeys.forEach(rec, from.offset(), scan::visit);
    scan.checkCover();
    return scan.finish();
  }

  private void readLayout() {
    RecordIoKeys.first(
        rec,
        (key, offset, next) -> {
          RecordIoFile.Header header = header(key, offset);
          if (key == 0 && header.flag() == 2 && header.imageBytes() == 0) {
            layout = true;
            imagesEnd = (long) header.label();
            identitiesEnd = (long) header.second();
          }
        });
  }

  private void checkCover() {
    if (joints + joint(rec.size()) - joint(0) == 0) {
      return;
    }
    long[] found = new long[2];
    RecordIoKeys.forEach(
        rec,
        0,
        (key, offset, next) -> {
          found[0]++;
          found[1] += header(key, offset).end() - offset;
        });
    long missing = rec.size() - found[1];
    throw new BadDataException(
        "%s: its %d records take %d bytes, the .rec has %d: %s; make it anew, or remove it to have the"
                .formatted(
                    RecordIoKeys.indexOf(rec.path()),
                    found[0],
                    found[1],
                    rec.size(),
                    missing > 0
                        ? "records are missing in it"
                        : missing < 0
                            ? "it lists records twice"
                            : "it lists records twice and leaves others out")
            + " records walked");
  }

  private static long joint(long offset) {
    return Keyed.hash(0x6a6f696e, offset);
  }

  private long finish() {
    Path path = rec.path();
    if (rows == 0) {
      throw new BadDataException(path + ": no image in it");
    }
    // Beyond 2^24 record 0 is rounded and proves nothing.
    if (layout && imagesEnd < EXACT_FLOAT && rows != imagesEnd - 1) {
      throw new BadDataException(
          "%s: record 0 promises %d images, the index lists %d; the .idx is cut or of another pack"
              .formatted(path, imagesEnd - 1, rows));
    }
    if (compact) {
      return top + 1;
    }
    if (property.isPresent()) {
      checkTop(property.get().identities(), property.get().path() + " says");
    } else if (layout && identitiesEnd < EXACT_FLOAT) {
      checkTop(identitiesEnd - imagesEnd, "record 0 promises");
    }
    return top + 1;
  }

  private void checkTop(long identities, String source) {
    if (identities > top + 1) {
      throw new BadDataException(
          "%s: %s %d identities, but the largest label is %d; correct it, or set labels to compact"
              .formatted(rec.path(), source, identities, top));
    }
  }

  private RecordIoFile.Header header(long key, long offset) {
    try {
      return rec.header(offset);
    } catch (IOException e) {
      throw rec.fault(key, offset, e);
    }
  }

  private void visit(long key, long offset, long next) {
    RecordIoFile.Header header = header(key, offset);
    joints += joint(offset) - joint(header.end());
    if (layout && header.imageBytes() == 0) {
      checkRange(key, offset, header);
      return;
    }
    if (header.flag() == 2 && header.imageBytes() == 0) {
      throw rec.fault(
          key,
          offset,
          new IOException(
              "identity record, but the first line of the .idx is not record 0, which says where"
                  + " the images end; sort the .idx by key"));
    }
    float label = header.label();
    if (!(label >= 0) || label >= 1L << 50 || label != Math.rint(label)) {
      throw rec.fault(key, offset, new IOException("label is " + label + ", wanted 0, 1, 2, …"));
    }
    long number = (long) label;
    if (property.isPresent() && number >= property.get().identities()) {
      throw rec.fault(
          key,
          offset,
          new IOException(
              "label %d is outside the %d classes of the property file"
                  .formatted(number, property.get().identities())));
    }
    if (ranges != null && layout && imagesEnd < EXACT_FLOAT) {
      ranges.image(key, number);
    }
    top = Math.max(top, number);
    rows++;
    sink.row(
        base + number,
        0,
        Place.of(part, offset),
        new Source.Position(part, next, base, top, rows, joints),
        doneBefore + next);
  }

  private void checkRange(long key, long offset, RecordIoFile.Header header) {
    if (key == 0 || ranges == null || header.flag() != 2 || imagesEnd >= EXACT_FLOAT) {
      return;
    }
    try {
      ranges.identity((long) header.label(), (long) header.second());
    } catch (IOException e) {
      throw rec.fault(key, offset, e);
    }
  }
}
