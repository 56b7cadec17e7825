package ffc.cli.plug;

import ffc.loaders.data.BadDataException;
import ffc.loaders.format.DataFormat;
import ffc.loaders.table.Fingerprint;
import ffc.loaders.table.ImageTable;
import ffc.loaders.table.Place;
import ffc.loaders.table.Records;
import ffc.loaders.table.Source;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Images in a zip file, {@code <identity>/<name>}: a format of one's own, in one class. */
public final class ZipSource implements Source {
  /** The format {@code zip}. */
  public static final class Format implements DataFormat {
    @Override
    public String name() {
      return "zip";
    }

    @Override
    public boolean claims(String path) {
      return path.endsWith(".zip");
    }

    @Override
    public Source source(String name, List<Path> paths, boolean compact) {
      return new ZipSource(paths.get(0));
    }
  }

  private final Path path;
  private final ZipFile zip;
  private final List<String> images;

  private ZipSource(Path path) {
    this.path = path;
    try {
      zip = new ZipFile(path.toFile());
    } catch (IOException e) {
      throw new BadDataException(path + ": cannot be read: " + e.getMessage(), e);
    }
    images = zip.stream().map(ZipEntry::getName).sorted().toList();
  }

  @Override
  public String kind() {
    return "zip";
  }

  @Override
  public String name() {
    return path.toString();
  }

  @Override
  public List<Path> parts() {
    return List.of(path);
  }

  @Override
  public List<Path> catalogues() {
    return parts();
  }

  @Override
  public String stamp() {
    Fingerprint stamp = new Fingerprint();
    images.forEach(stamp::add);
    return stamp.hex();
  }

  @Override
  public long work() {
    return images.size();
  }

  @Override
  public void scan(Position from, RowSink sink) {
    sink.part(0, 0);
    for (int i = (int) from.offset(); i < images.size(); i++) {
      Position after = new Position(0, i + 1, 0, -1, 0, 0);
      sink.row(0, identity(i).hashCode(), Place.of(0, i), after, i);
    }
    sink.end(-1);
  }

  private String identity(long image) {
    return images.get((int) image).replaceFirst("/.*", "");
  }

  @Override
  public String identityName(long identity, ImageTable table) {
    return identity(Place.offset(table.places().get(table.identities().firstImage(identity))));
  }

  @Override
  public Records records(ImageTable table) {
    return new Records() {
      @Override
      public ByteBuffer read(long image) throws IOException {
        ZipEntry entry = zip.getEntry(describe(image));
        return ByteBuffer.wrap(zip.getInputStream(entry).readAllBytes());
      }

      @Override
      public String describe(long image) {
        return images.get((int) Place.offset(table.places().get(image)));
      }

      @Override
      public void close() {
        ZipSource.this.close();
      }
    };
  }

  @Override
  public void close() {
    try {
      zip.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
