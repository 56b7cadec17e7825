package ffc.loaders.parquet;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.format.DataFormat;
import ffc.loaders.format.DataFormats;
import ffc.loaders.format.FileKind;
import ffc.loaders.table.Fingerprint;
import ffc.loaders.table.ImageTable;
import ffc.loaders.table.Place;
import ffc.loaders.table.PositionalFile;
import ffc.loaders.table.Records;
import ffc.loaders.table.Source;
import ffc.loaders.table.TextKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Parquet files with a column of encoded images and one of labels, which are numbers or texts.
 * Several are parts of one set: the same label in two of them is one identity. A place is the
 * number of a row; group and page that hold it are found by the footer and the headers of the
 * pages. An image is read with the page that holds it, and pages that were unpacked are kept, up to
 * {@link #CACHE_BYTES}.
 */
public final class ParquetSource implements Source {
  /** Bytes of unpacked pages that an open set keeps. */
  public static final long CACHE_BYTES = 64L << 20;

  /** The format {@code parquet}. */
  public static final class Format implements DataFormat {
    @Override
    public String name() {
      return "parquet";
    }

    @Override
    public boolean claims(String path) {
      return Location.of(DataFormats.path(path)).claims();
    }

    @Override
    public String fileKind() {
      return FileKind.PARQUET;
    }

    @Override
    public long pageBytes(DataConfig.Source set) {
      return CACHE_BYTES;
    }

    @Override
    public List<Path> files(Path part) {
      return Location.of(part).list();
    }

    @Override
    public Source source(String name, List<Path> paths, boolean compact) {
      return new ParquetSource(name, paths, compact);
    }
  }

  private final String name;
  private final boolean compact;
  private final List<ParquetFile> files = new ArrayList<>();
  private final List<Path> parts = new ArrayList<>();
  private final Cache<Column.Key, Page> pages =
      Caffeine.newBuilder()
          .maximumWeight(CACHE_BYTES)
          .weigher((Column.Key key, Page page) -> page.weight())
          .build();
  private long withoutImage;

  /**
   * @param compact whether labels may have gaps and are numbered anew
   */
  ParquetSource(String name, List<Path> paths, boolean compact) {
    this.name = name;
    this.compact = compact;
    try {
      for (Path path : paths) {
        Location location = Location.of(path);
        for (Path file : location.list()) {
          if (files.size() == Place.MAX_PARTS) {
            throw new BadDataException("%s: more than %d files".formatted(name, Place.MAX_PARTS));
          }
          FileKind.refuseForeign(file, "a Parquet file", FileKind.PARQUET);
          files.add(ParquetFile.open(file, location));
          parts.add(location.with(file));
        }
      }
      checkLabels();
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  private void checkLabels() {
    for (ParquetFile file : files) {
      if (isText(file) != isText(files.get(0))) {
        throw new BadDataException(
            "%s: labels are %s, in %s they are %s"
                .formatted(
                    file.path(),
                    file.label().leaf(),
                    files.get(0).path(),
                    files.get(0).label().leaf()));
      }
    }
  }

  private static boolean isText(ParquetFile file) {
    return file.label().leaf().kind() != Leaf.Kind.NUMBER;
  }

  @Override
  public void close() {
    pages.invalidateAll();
    PositionalFile.closeAll(files);
  }

  @Override
  public boolean compact() {
    return compact && !isText(files.get(0));
  }

  @Override
  public String kind() {
    return "parquet";
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<Path> parts() {
    return parts;
  }

  @Override
  public String stamp() {
    Fingerprint stamp = new Fingerprint().add("parquet");
    for (ParquetFile file : files) {
      stamp.add(file.size()).add(file.check());
      stamp.add(file.image().leaf().path()).add(file.label().leaf().path());
    }
    return stamp.hex();
  }

  /** The files themselves: their labels are the list. */
  @Override
  public List<Path> catalogues() {
    return files.stream().map(ParquetFile::path).toList();
  }

  /** Hash of labels and rows, without the images. */
  @Override
  public String catalogueHash() {
    Fingerprint hash = new Fingerprint();
    scan(
        Position.START,
        new RowSink() {
          @Override
          public void row(long key1, long key2, long place, Position after, long done) {
            hash.add(key1).add(key2).add(place);
          }

          @Override
          public void part(int part, long base) {}

          @Override
          public long name(byte[] text, int from, int length) {
            return 0;
          }

          @Override
          public void end(long labels) {}
        });
    return hash.hex();
  }

  @Override
  public long work() {
    return files.stream().mapToLong(ParquetFile::rows).sum();
  }

  @Override
  public void scan(Position from, RowSink sink) {
    withoutImage = 0;
    long top = from.top();
    long done = 0;
    for (int part = 0; part < files.size(); part++) {
      if (part >= from.part()) {
        sink.part(part, 0);
        Position begin = part == from.part() ? from : Position.beginning(part, 0);
        top = scanFile(part, begin.offset(), top, done, sink);
      }
      done += files.get(part).rows();
    }
    sink.end(compact || isText(files.get(0)) ? -1 : top + 1);
  }

  /** Walks the rows of a file from one on; returns the largest label of this and all before. */
  private long scanFile(int part, long from, long topBefore, long doneBefore, RowSink sink) {
    ParquetFile file = files.get(part);
    long top = topBefore;
    long row = from;
    try {
      for (int group = 0; group + 1 < file.groups().length; group++) {
        long first = file.groups()[group];
        if (file.groups()[group + 1] <= from) {
          continue;
        }
        boolean[] missing = missing(part, group);
        Column.Pages where = file.label().pages(group);
        for (int number = 0; number < where.count(); number++) {
          if (first + where.rows()[number + 1] <= from) {
            continue;
          }
          Page page = file.label().read(group, number, false, part, pages);
          for (int i = 0; i < page.rows(); i++) {
            row = first + where.rows()[number] + i;
            if (row < from) {
              continue;
            }
            if (missing != null && missing[(int) (row - first)]) {
              withoutImage++;
              continue;
            }
            TextKey key = key(file, page, i);
            top = Math.max(top, key.key1());
            sink.row(
                key.key1(),
                key.key2(),
                Place.of(part, row),
                new Position(part, row + 1, 0, top, 0, 0),
                doneBefore + row + 1);
          }
        }
      }
    } catch (IOException e) {
      throw new BadDataException(
          "%s: %s: %s".formatted(file.describe(row), file.label().leaf().path(), e.getMessage()),
          e);
    }
    return top;
  }

  /** The rows of a group without an image; null if each has one. */
  private boolean[] missing(int part, int group) throws IOException {
    ParquetFile file = files.get(part);
    Column images = file.image();
    if (!images.mayBeNull(group)) {
      return null;
    }
    Column.Pages where = images.pages(group);
    boolean[] missing = new boolean[(int) where.rows()[where.count()]];
    for (int number = 0; number < where.count(); number++) {
      Page page = images.read(group, number, true, part, pages);
      for (int i = 0; i < page.rows(); i++) {
        missing[(int) where.rows()[number] + i] = page.isNull(i);
      }
    }
    return missing;
  }

  private static TextKey key(ParquetFile file, Page page, int row) throws IOException {
    if (page.isNull(row)) {
      throw new IOException("no label (null); rows without one must go");
    }
    long value = page.value(row);
    if (isText(file)) {
      return TextKey.of(page.bytes(), Page.offset(value), Page.length(value));
    }
    if (value < 0) {
      throw new IOException("label is %d, wanted a number 0, 1, 2, …".formatted(value));
    }
    return new TextKey(value, 0);
  }

  @Override
  public List<String> notes() {
    return withoutImage == 0
        ? List.of()
        : List.of("%s: left out %d rows without an image (null)".formatted(name, withoutImage));
  }

  /** The label as it stands in the row of the identity's first image. */
  @Override
  public String identityName(long identity, ImageTable table) {
    if (!isText(files.get(0))) {
      return Source.super.identityName(identity, table);
    }
    long place = table.places().get(table.identities().firstImage(identity));
    int part = Place.part(place);
    ParquetFile file = files.get(part);
    try {
      return file.label()
          .at(
              Place.offset(place),
              false,
              part,
              pages,
              (page, row) ->
                  new String(
                      page.bytes(),
                      Page.offset(page.value(row)),
                      Page.length(page.value(row)),
                      StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new BadDataException(
          "%s: %s".formatted(file.describe(Place.offset(place)), e.getMessage()), e);
    }
  }

  @Override
  public Records records(ImageTable table) {
    return new Records() {
      @Override
      public ByteBuffer read(long image) throws IOException {
        long place = table.places().get(image);
        int part = Place.part(place);
        ParquetFile file = files.get(part);
        return file.image()
            .at(Place.offset(place), true, part, pages, (page, row) -> image(file, page, row));
      }

      @Override
      public String describe(long image) {
        long place = table.places().get(image);
        return files.get(Place.part(place)).describe(Place.offset(place));
      }

      @Override
      public void close() {
        ParquetSource.this.close();
      }
    };
  }

  private static ByteBuffer image(ParquetFile file, Page page, int row) throws IOException {
    long value = page.value(row);
    int offset = Page.offset(value);
    int length = Page.length(value);
    return page.bytes() == null
        ? file.bytes(page.origin() + offset, length)
        : ByteBuffer.wrap(page.bytes(), offset, length).slice();
  }
}
