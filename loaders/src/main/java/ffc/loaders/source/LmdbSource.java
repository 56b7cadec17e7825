package ffc.loaders.source;

import ffc.loaders.data.BadDataException;
import ffc.loaders.format.DataFormat;
import ffc.loaders.format.DataFormats;
import ffc.loaders.table.Fingerprint;
import ffc.loaders.table.ImageTable;
import ffc.loaders.table.MappedFile;
import ffc.loaders.table.Place;
import ffc.loaders.table.PositionalFile;
import ffc.loaders.table.Records;
import ffc.loaders.table.Source;
import ffc.loaders.table.TextLines;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * LMDB environments of images or {@link Datum} messages with lists of {@code key label} lines. A
 * path is {@code environment:list}, or {@code environment} with the list in {@code
 * environment.txt}. Labels of each list run from 0 and are offset by the identities of the lists
 * before it.
 */
public final class LmdbSource implements Source {
  /** The format {@code lmdb}. */
  public static final class Format implements DataFormat {
    @Override
    public String name() {
      return "lmdb";
    }

    @Override
    public boolean claims(String path) {
      return path.toLowerCase(Locale.ROOT).endsWith(".mdb")
          || Files.exists(Location.of(DataFormats.path(path)).environment().resolve("data.mdb"));
    }

    @Override
    public List<Path> files(Path part) {
      Location location = Location.of(part);
      return List.of(location.environment(), location.list());
    }

    @Override
    public Source source(String name, List<Path> paths, boolean compact) {
      return new LmdbSource(name, paths, compact);
    }
  }

  private static final int LONGEST_LINE = 4096;

  private final String name;
  private final boolean compact;
  private final List<LmdbFile> databases = new ArrayList<>();
  private final List<MappedFile> lists = new ArrayList<>();
  private final List<Path> parts = new ArrayList<>();

  /**
   * @param compact whether labels may have gaps and are numbered anew
   */
  public LmdbSource(String name, List<Path> paths, boolean compact) {
    this.name = name;
    this.compact = compact;
    try {
      for (Path path : paths) {
        Location location = Location.of(path);
        databases.add(LmdbFile.open(location.environment()));
        lists.add(MappedFile.open(location.list()));
        parts.add(path);
      }
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  @Override
  public void close() {
    PositionalFile.closeAll(databases);
  }

  /** An environment and its list. */
  record Location(Path environment, Path list) {

    /**
     * Tells {@code environment:list} from {@code environment} with the list in {@code
     * environment.txt}. Where paths hold colons themselves, what exists decides.
     */
    static Location of(Path path) {
      String text = path.toString();
      Path beside = Path.of(text + ".txt");
      if (text.indexOf(':') < 0 || Files.exists(path)) {
        return new Location(path, beside);
      }
      int cut = text.lastIndexOf(':');
      for (int colon = cut; colon > 0; colon = text.lastIndexOf(':', colon - 1)) {
        if (Files.exists(Path.of(text.substring(0, colon)))) {
          cut = colon;
          break;
        }
      }
      return new Location(Path.of(text.substring(0, cut)), Path.of(text.substring(cut + 1)));
    }
  }

  @Override
  public boolean compact() {
    return compact;
  }

  @Override
  public String kind() {
    return "lmdb";
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
    Fingerprint stamp = new Fingerprint().add("lmdb");
    for (int part = 0; part < databases.size(); part++) {
      LmdbFile database = databases.get(part);
      stamp.add(database.size()).add(database.transaction()).add(database.entries());
      stamp.add(lists.get(part).size());
    }
    return stamp.hex();
  }

  @Override
  public List<Path> catalogues() {
    return lists.stream().map(MappedFile::path).toList();
  }

  @Override
  public long work() {
    return lists.stream().mapToLong(MappedFile::size).sum();
  }

  @Override
  public void scan(Position from, RowSink sink) {
    Position position = from;
    long done = 0;
    for (int part = 0; part < lists.size(); part++) {
      if (part >= from.part()) {
        sink.part(part, position.base());
        long labels = scanList(part, position, done, sink);
        position = Position.beginning(part + 1, position.base() + labels);
      }
      done += lists.get(part).size();
    }
    sink.end(compact ? -1 : position.base());
  }

  private long scanList(int part, Position from, long doneBefore, RowSink sink) {
    LmdbFile database = databases.get(part);
    TextLines lines = new TextLines(lists.get(part), from.offset(), LONGEST_LINE);
    long top = from.top();
    while (lines.next()) {
      byte[] line = lines.bytes();
      int end = trimmed(line, lines.length());
      if (end == 0) {
        continue;
      }
      // The label is the last field; a key may hold spaces.
      int labelAt = end;
      while (labelAt > 0 && !isBlank(line[labelAt - 1])) {
        labelAt--;
      }
      int keyLength =
          labelAt > 0 && line[labelAt - 1] == '\t' ? labelAt - 1 : trimmed(line, labelAt);
      long label = label(line, labelAt, end);
      if (keyLength == 0 || label < 0) {
        throw lines.fault("wanted \"key label\" with a label 0, 1, 2, …");
      }
      long node;
      try {
        node = database.find(line, keyLength);
      } catch (IOException e) {
        throw new BadDataException(database.path() + ": " + e.getMessage(), e);
      }
      if (node < 0) {
        String key = new String(line, 0, keyLength, StandardCharsets.UTF_8);
        throw lines.fault("key \"" + key + "\" is not in " + database.path());
      }
      top = Math.max(top, label);
      sink.row(
          from.base() + label,
          0,
          Place.of(part, node),
          new Position(part, lines.offset(), from.base(), top, 0, 0),
          doneBefore + lines.offset());
    }
    return top + 1;
  }

  private static boolean isBlank(byte c) {
    return c == ' ' || c == '\t';
  }

  /** Length of a text without the blanks at its end. */
  private static int trimmed(byte[] text, int length) {
    int end = length;
    while (end > 0 && isBlank(text[end - 1])) {
      end--;
    }
    return end;
  }

  private static long label(byte[] line, int from, int to) {
    long value = 0;
    for (int i = from; i < to; i++) {
      if (line[i] < '0' || line[i] > '9' || value >= 1L << 45) {
        return -1;
      }
      value = 10 * value + line[i] - '0';
    }
    return to > from ? value : -1;
  }

  @Override
  public Records records(ImageTable table) {
    return new Records() {
      @Override
      public ByteBuffer read(long image) throws IOException {
        long place = table.places().get(image);
        return Datum.image(databases.get(Place.part(place)).value(Place.offset(place)));
      }

      @Override
      public String describe(long image) {
        long place = table.places().get(image);
        LmdbFile database = databases.get(Place.part(place));
        byte[] key;
        try {
          key = database.key(Place.offset(place));
        } catch (IOException e) {
          key = new byte[] {'?'};
        }
        return "%s key \"%s\" (offset %d)"
            .formatted(
                database.path(), new String(key, StandardCharsets.UTF_8), Place.offset(place));
      }

      @Override
      public void close() {
        LmdbSource.this.close();
      }
    };
  }
}
