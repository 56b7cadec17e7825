package ffc.loaders.tar;

import ffc.loaders.data.BadDataException;
import ffc.loaders.format.DataFormat;
import ffc.loaders.format.DataFormats;
import ffc.loaders.format.FileKind;
import ffc.loaders.image.ImageFormat;
import ffc.loaders.table.Fingerprint;
import ffc.loaders.table.ImageTable;
import ffc.loaders.table.Place;
import ffc.loaders.table.PositionalFile;
import ffc.loaders.table.Records;
import ffc.loaders.table.Source;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Tars of samples as WebDataset writes them, {@code key.jpg} beside {@code key.cls}, {@code
 * key.json} or {@code key.txt}. Several are parts of one set: the same label in two of them is one
 * identity. A place is the offset of the image's entry.
 */
public final class TarSource implements Source {
  /** The format {@code webdataset}. */
  public static final class Format implements DataFormat {
    @Override
    public String name() {
      return "webdataset";
    }

    @Override
    public boolean claims(String path) {
      return Shards.at(DataFormats.path(path));
    }

    @Override
    public boolean remote() {
      return true;
    }

    @Override
    public String fileKind() {
      return FileKind.TAR;
    }

    @Override
    public List<Path> files(Path part) {
      return Shards.of(part);
    }

    @Override
    public Source source(String name, List<Path> paths, boolean compact) {
      return new TarSource(
          name, paths.stream().flatMap(path -> Shards.of(path).stream()).toList(), compact);
    }
  }

  private final String name;
  private final boolean compact;
  private final List<TarFile> tars = new ArrayList<>();
  private final Map<String, Long> leftOut = new TreeMap<>();

  /**
   * @param compact whether labels may have gaps and are numbered anew
   */
  TarSource(String name, List<Path> paths, boolean compact) {
    this.name = name;
    this.compact = compact;
    if (paths.size() > Place.MAX_PARTS) {
      throw new BadDataException(
          "%s: %d tars, at most %d".formatted(name, paths.size(), Place.MAX_PARTS));
    }
    try {
      for (Path path : paths) {
        FileKind.refuseForeign(path, "a tar", FileKind.TAR);
        tars.add(TarFile.open(path));
      }
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  @Override
  public void close() {
    PositionalFile.closeAll(tars);
  }

  @Override
  public boolean compact() {
    return compact;
  }

  @Override
  public String kind() {
    return "webdataset";
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<Path> parts() {
    return tars.stream().map(TarFile::path).toList();
  }

  @Override
  public String stamp() {
    Fingerprint stamp = new Fingerprint().add("webdataset");
    tars.forEach(tar -> stamp.add(tar.size()));
    return stamp.hex();
  }

  /** The tars themselves: their headers and labels are the list. */
  @Override
  public List<Path> catalogues() {
    return parts();
  }

  /** Hash of labels and places, without the images. */
  @Override
  public String catalogueHash() {
    Fingerprint hash = new Fingerprint();
    scan(
        Position.START,
        new RowSink() {
          @Override
          public void row(long key1, long key2, long place, Position after, long done) {
            hash.add(key1).add(place);
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
    return tars.stream().mapToLong(TarFile::size).sum();
  }

  @Override
  public void scan(Position from, RowSink sink) {
    leftOut.clear();
    Position position = from;
    long top = from.top();
    long done = 0;
    for (int part = 0; part < tars.size(); part++) {
      if (part >= from.part()) {
        sink.part(part, 0);
        top =
            new TarScan(tars.get(part), position, sink, done, this::leaveOut)
                .scan(position.offset());
        position = new Position(part + 1, 0, 0, top, 0, 0);
      }
      done += tars.get(part).size();
    }
    sink.end(compact ? -1 : top + 1);
  }

  private void leaveOut(String kind) {
    leftOut.merge(kind, 1L, Long::sum);
  }

  @Override
  public List<String> notes() {
    return leftOut.isEmpty()
        ? List.of()
        : List.of(
            name
                + ": left out "
                + leftOut.entrySet().stream()
                    .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                    .map(kind -> kind.getValue() + " " + kind.getKey())
                    .collect(Collectors.joining(", "))
                + "; read are "
                + ImageFormat.ALL_ENDINGS
                + " with .cls, .json or .txt");
  }

  @Override
  public Records records(ImageTable table) {
    return new Records() {
      @Override
      public ByteBuffer read(long image) throws IOException {
        long place = table.places().get(image);
        // Samples mostly follow each other in the order of the images.
        long gap = image + 1 < table.places().length() ? table.places().get(image + 1) - place : 0;
        return tars.get(Place.part(place)).content(Place.offset(place), gap);
      }

      @Override
      public String describe(long image) {
        long place = table.places().get(image);
        TarFile tar = tars.get(Place.part(place));
        long offset = Place.offset(place);
        String entry;
        try {
          TarFile.Entry found = tar.entry(offset);
          entry = found == null ? "" : found.name();
        } catch (IOException e) {
          entry = "";
        }
        return tar.describe(entry, offset);
      }

      @Override
      public void close() {
        TarSource.this.close();
      }
    };
  }
}
