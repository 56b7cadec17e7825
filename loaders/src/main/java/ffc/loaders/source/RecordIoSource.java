package ffc.loaders.source;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Progress;
import ffc.loaders.format.DataFormat;
import ffc.loaders.format.DataFormats;
import ffc.loaders.format.Sweep;
import ffc.loaders.table.Fingerprint;
import ffc.loaders.table.ImageTable;
import ffc.loaders.table.Place;
import ffc.loaders.table.PositionalFile;
import ffc.loaders.table.Records;
import ffc.loaders.table.Source;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ObjLongConsumer;

/** One or more RecordIO packs; labels of each are offset by the identities of those before. */
public final class RecordIoSource implements Source, Sweep {
  /** The format {@code recordio}. */
  public static final class Format implements DataFormat {
    @Override
    public String name() {
      return "recordio";
    }

    @Override
    public boolean remote() {
      return true;
    }

    @Override
    public boolean claims(String path) {
      return path.toLowerCase(Locale.ROOT).endsWith(".rec");
    }

    @Override
    public OptionalLong identities(DataConfig.Source set) {
      List<Path> packs = DataFormats.paths(set);
      for (Path pack : packs) {
        if (Files.isDirectory(pack)) {
          throw new BadDataException(pack + " is a folder, wanted a .rec file for format recordio");
        }
      }
      return packs.size() > 1 || set.labels() != DataConfig.Labels.dense
          ? OptionalLong.empty()
          : Property.beside(packs.get(0)).stream().mapToLong(Property::identities).findFirst();
    }

    @Override
    public RecordIoSource source(String name, List<Path> paths, boolean compact) {
      return new RecordIoSource(name, paths, compact);
    }

    @Override
    public Optional<Sweep> sweep(DataConfig.Source set) {
      // Labels matter when the set is opened, which follows.
      return Optional.of(source(set.text(), DataFormats.paths(set), true));
    }
  }

  private final String name;
  private final boolean compact;
  private final List<RecordIoFile> packs = new ArrayList<>();

  /** By the list beside a single pack; empty without one, null before it was asked for. */
  private volatile String[] names;

  /**
   * @param compact whether labels may have gaps and are numbered anew
   */
  public RecordIoSource(String name, List<Path> paths, boolean compact) {
    this.name = name;
    this.compact = compact;
    if (paths.size() > Place.MAX_PARTS) {
      throw new BadDataException(
          "%s: %d packs, at most %d".formatted(name, paths.size(), Place.MAX_PARTS));
    }
    try {
      for (Path path : paths) {
        packs.add(RecordIoFile.open(path));
      }
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  @Override
  public void close() {
    PositionalFile.closeAll(packs);
  }

  @Override
  public boolean compact() {
    return compact;
  }

  @Override
  public String identityName(long identity, ImageTable table) {
    if (names == null) {
      names =
          packs.size() == 1
              ? LabelList.read(packs.get(0).path(), table.identities())
              : new String[0];
    }
    return names.length > 0 ? names[(int) identity] : Source.super.identityName(identity, table);
  }

  @Override
  public String kind() {
    return "recordio";
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<Path> parts() {
    return packs.stream().map(RecordIoFile::path).toList();
  }

  @Override
  public String stamp() {
    Fingerprint stamp = new Fingerprint().add("recordio");
    for (RecordIoFile pack : packs) {
      stamp.add(pack.size()).add(RecordIoKeys.work(pack));
    }
    return stamp.hex();
  }

  @Override
  public List<Path> catalogues() {
    return packs.stream()
        .map(pack -> RecordIoKeys.indexOf(pack.path()))
        .filter(Files::exists)
        .toList();
  }

  @Override
  public long work() {
    return packs.stream().mapToLong(RecordIoKeys::work).sum();
  }

  @Override
  public void scan(Position from, RowSink sink) {
    long done = 0;
    Position position = from;
    for (int part = 0; part < packs.size(); part++) {
      RecordIoFile pack = packs.get(part);
      if (part >= from.part()) {
        sink.part(part, position.base());
        long base = position.base() + RecordIoScan.scan(pack, position, sink, done, compact);
        position = Position.beginning(part + 1, base);
      }
      done += RecordIoKeys.work(pack);
    }
    sink.end(compact ? -1 : position.base());
  }

  @Override
  public void forEachRecord(
      int threads,
      Progress progress,
      ImageCheck check,
      AtomicLong records,
      ObjLongConsumer<String> faults) {
    for (RecordIoFile pack : packs) {
      new RecordIoSweep(pack, check, records, faults).run(threads, progress);
    }
  }

  @Override
  public Records records(ImageTable table) {
    return new PackRecords(this, table);
  }

  /** Reads images, and checks on each that its label still is what the table says. */
  private record PackRecords(RecordIoSource source, ImageTable table) implements Records {

    @Override
    public ByteBuffer read(long image) throws IOException {
      long place = table.places().get(image);
      int part = Place.part(place);
      long label = table.label(table.identities().identityOf(image)) - table.bases().get(part);
      // Records mostly follow each other in the order of the images: the next one's place tells how
      // much one read has to take.
      long gap = image + 1 < table.places().length() ? table.places().get(image + 1) - place : 0;
      return source.packs.get(part).image(Place.offset(place), gap, label);
    }

    @Override
    public String describe(long image) {
      long place = table.places().get(image);
      RecordIoFile pack = source.packs.get(Place.part(place));
      long offset = Place.offset(place);
      return pack.describe(RecordIoKeys.keyOf(pack, offset), offset);
    }

    @Override
    public void close() {
      source.close();
    }
  }
}
