package ffc.loaders.format;

import ffc.loaders.BadDataException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Walks the images of a RecordIO pack with their labels. The layout of InsightFace (record 0 says
 * where the identity records begin) and plain packs (every record is an image) are told apart by
 * record 0. Identity records are left out: their float32 ranges round above 2^24 images, the labels
 * of the images do not.
 */
final class RecordIoScan {
  private static final long EXACT_FLOAT = 1L << 24;

  /** Receives one image. */
  interface Visitor {
    void image(long label, long key, long offset) throws IOException;
  }

  private final RecordIoFile rec;
  private boolean first = true;
  private boolean layout;
  private long imagesEnd;
  private long identitiesEnd;
  private long images;

  private RecordIoScan(RecordIoFile rec) {
    this.rec = rec;
  }

  /**
   * Calls the visitor for every image in the order of the {@code .idx}.
   *
   * @return number of identities that the pack's property file or record 0 promises, if any
   */
  static Optional<Long> forEach(RecordIoFile rec, Visitor visitor) {
    RecordIoScan scan = new RecordIoScan(rec);
    Path path = rec.path();
    Optional<Property> property = Property.beside(path);
    RecordIoKeys.forEach(rec, (key, offset) -> scan.visit(key, offset, visitor));
    if (scan.images == 0) {
      throw new BadDataException(path + ": no image in it");
    }
    // Beyond 2^24 record 0 is rounded and proves nothing.
    boolean exact = scan.layout && scan.imagesEnd < EXACT_FLOAT;
    if (exact && scan.images != scan.imagesEnd - 1) {
      throw new BadDataException(
          "%s: record 0 promises %d images, the index lists %d; the .idx is cut or of another pack"
              .formatted(path, scan.imagesEnd - 1, scan.images));
    }
    if (property.isPresent()) {
      return property.map(Property::identities);
    }
    return exact && scan.identitiesEnd < EXACT_FLOAT
        ? Optional.of(scan.identitiesEnd - scan.imagesEnd)
        : Optional.empty();
  }

  private void visit(long key, long offset, Visitor visitor) throws IOException {
    RecordIoFile.Header header;
    try {
      header = rec.header(offset);
    } catch (IOException e) {
      throw rec.fault(key, offset, e);
    }
    if (first) {
      first = false;
      if (key == 0 && header.flag() == 2 && header.imageBytes() == 0) {
        layout = true;
        imagesEnd = (long) header.label();
        identitiesEnd = (long) header.second();
        return;
      }
    }
    if (layout && header.imageBytes() == 0) {
      return;
    }
    float label = header.label();
    if (!(label >= 0) || label >= Long.MAX_VALUE || label != Math.rint(label)) {
      throw rec.fault(key, offset, new IOException("label is " + label + ", wanted 0, 1, 2, …"));
    }
    images++;
    visitor.image((long) label, key, offset);
  }
}
