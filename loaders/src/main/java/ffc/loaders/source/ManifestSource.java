package ffc.loaders.source;

import ffc.loaders.format.DataFormat;
import ffc.loaders.format.DataFormats;
import ffc.loaders.table.Fingerprint;
import ffc.loaders.table.MappedFile;
import ffc.loaders.table.Names;
import ffc.loaders.table.Place;
import ffc.loaders.table.Source;
import ffc.loaders.table.TextKey;
import ffc.loaders.table.TextLines;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Tab-separated lists of images, {@code id<TAB>path} lines in any order: IDs are numbers or any
 * other text ({@link TextKey}), paths are relative to the list's folder. The same ID in several
 * lists is one identity. Blank lines and lines that begin with # are left out.
 */
public final class ManifestSource extends FileSource {
  /** The format {@code manifest}: any file that is nothing else. */
  public static final class Format implements DataFormat {
    @Override
    public String name() {
      return "manifest";
    }

    @Override
    public boolean claims(String path) {
      return Files.isRegularFile(DataFormats.path(path));
    }

    @Override
    public boolean claimsTheRest() {
      return true;
    }

    @Override
    public Source source(String name, List<Path> paths, boolean compact) {
      return new ManifestSource(name, paths);
    }
  }

  private final String name;
  private final List<MappedFile> lists = new ArrayList<>();

  public ManifestSource(String name, List<Path> paths) {
    this.name = name;
    for (Path path : paths) {
      lists.add(MappedFile.open(path));
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<Path> parts() {
    return lists.stream().map(MappedFile::path).toList();
  }

  @Override
  public String stamp() {
    Fingerprint stamp = new Fingerprint().add("manifest");
    for (MappedFile list : lists) {
      stamp.add(list.size());
      byte[] head = new byte[(int) Math.min(list.size(), 4096)];
      list.slice(0, head.length).get(head);
      stamp.add(head);
    }
    return stamp.hex();
  }

  @Override
  public List<Path> catalogues() {
    return parts();
  }

  @Override
  public long work() {
    return lists.stream().mapToLong(MappedFile::size).sum();
  }

  @Override
  public void scan(Position from, RowSink sink) {
    long done = 0;
    for (int part = 0; part < lists.size(); part++) {
      if (part >= from.part()) {
        sink.part(part, 0);
        scanList(part, part == from.part() ? from.offset() : 0, done, sink);
      }
      done += lists.get(part).size();
    }
    sink.end(-1);
  }

  /** Whether a line has no control characters but tabs. */
  private static boolean isText(byte[] line, int length) {
    for (int i = 0; i < length; i++) {
      if (line[i] >= 0 && line[i] < ' ' && line[i] != '\t') {
        return false;
      }
    }
    return true;
  }

  private void scanList(int part, long from, long doneBefore, RowSink sink) {
    TextLines lines = new TextLines(lists.get(part), from, Names.MAX_BYTES);
    boolean first = from == 0;
    while (lines.next()) {
      byte[] line = lines.bytes();
      int length = lines.length();
      if (length == 0 || line[0] == '#') {
        continue;
      }
      int tab = 0;
      while (tab < length && line[tab] != '\t') {
        tab++;
      }
      if (tab == 0 || tab >= length - 1) {
        throw lines.fault(
            isText(line, length)
                ? "wanted \"id<TAB>path\""
                : "is no text; wanted a list of \"id<TAB>path\" lines, a pack (.rec or .lmdb), a tar"
                    + " or a folder with one for each identity; pairs to verify (.bin) have none");
      }
      if (first) {
        refuseHeader(part, lines);
        first = false;
      }
      TextKey key = TextKey.of(line, 0, tab);
      long place = Place.of(part, sink.name(line, 0, length));
      sink.row(
          key.key1(),
          key.key2(),
          place,
          new Position(part, lines.offset(), 0, -1, 0, 0),
          doneBefore + lines.offset());
    }
  }

  /**
   * A line of column names would become an identity. Only a first line whose path neither exists
   * nor ends as images do is taken for one: a missing image is for the policy of unreadable images.
   */
  private void refuseHeader(int part, TextLines lines) {
    String row = lines.text();
    String path = pathIn(row);
    if (!FolderSource.isImage(path) && !exists(root(part), path)) {
      throw lines.fault(
          "there is no file \"%s\"; if this is a header line, remove it or begin it with #; wanted"
                  .formatted(path)
              + " \"id<TAB>path\" with paths relative to the list's folder");
    }
  }

  private static boolean exists(Path root, String path) {
    try {
      return Files.exists(root.resolve(path));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  @Override
  Path root(int part) {
    return lists.get(part).path().toAbsolutePath().getParent();
  }

  @Override
  String pathIn(String row) {
    return row.substring(row.indexOf('\t') + 1);
  }

  @Override
  String identityIn(String row) {
    return row.substring(0, Math.max(0, row.indexOf('\t')));
  }
}
