package ffc.loaders.format;

import ffc.loaders.BadDataException;
import ffc.loaders.store.Fingerprint;
import ffc.loaders.store.Names;
import ffc.loaders.store.Place;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Image folders, {@code root/<identity>/*.{jpg,jpeg,png,bmp}}: identities are the sorted names of
 * the sub-folders. Names that begin with a dot are left out. With several roots the identities of
 * each follow those of the roots before.
 */
public final class FolderSource extends FileSource {
  private static final Pattern IMAGE = Pattern.compile(".*\\.(jpg|jpeg|png|bmp)");

  private final String name;
  private final List<Path> roots;
  private final List<List<String>> listed = new ArrayList<>();

  public FolderSource(String name, List<Path> roots) {
    this.name = name;
    this.roots = List.copyOf(roots);
  }

  /** Sub-folders by root, listed when they are first wanted: reading images needs no list. */
  private List<List<String>> folders() {
    if (listed.isEmpty()) {
      for (Path root : roots) {
        List<String> sub = list(root, true);
        if (sub.isEmpty()) {
          throw new BadDataException(
              root + ": no sub-folder in it, wanted one for each identity with its images");
        }
        listed.add(sub);
      }
    }
    return listed;
  }

  /** Whether a name ends as those of images do. */
  static boolean isImage(String name) {
    return IMAGE.matcher(name.toLowerCase(Locale.ROOT)).matches();
  }

  private static List<String> list(Path folder, boolean directories) {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        String entryName = entry.getFileName().toString();
        boolean wanted = directories ? Files.isDirectory(entry) : isImage(entryName);
        if (wanted && !entryName.startsWith(".")) {
          names.add(entryName);
        }
      }
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      throw new BadDataException(folder + ": cannot be listed: " + e.getMessage(), e);
    }
    Collections.sort(names);
    return names;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<Path> parts() {
    return roots;
  }

  @Override
  public String stamp() {
    Fingerprint stamp = new Fingerprint().add("folder");
    for (List<String> sub : folders()) {
      stamp.add(sub.size());
      sub.forEach(stamp::add);
    }
    return stamp.hex();
  }

  @Override
  public boolean stampIsCheap() {
    return false;
  }

  @Override
  public long work() {
    return folders().stream().mapToLong(List::size).sum();
  }

  @Override
  public void scan(Position from, RowSink sink) {
    long base = from.base();
    long done = 0;
    for (int part = 0; part < roots.size(); part++) {
      List<String> sub = folders().get(part);
      if (part >= from.part()) {
        sink.part(part, base);
        long begin = part == from.part() ? from.offset() : 0;
        for (int i = (int) begin; i < sub.size(); i++) {
          scanFolder(part, i, base, done + i, sink);
        }
        base += sub.size();
      }
      done += sub.size();
    }
    sink.end(base);
  }

  private void scanFolder(int part, int index, long base, long done, RowSink sink) {
    String identity = folders().get(part).get(index);
    Path folder = roots.get(part).resolve(identity);
    List<String> files = list(folder, false);
    if (files.isEmpty()) {
      throw new BadDataException(
          folder + ": no .jpg, .jpeg, .png or .bmp in it; remove the folder or add an image");
    }
    for (int f = 0; f < files.size(); f++) {
      byte[] row = (identity + "/" + files.get(f)).getBytes(StandardCharsets.UTF_8);
      if (row.length > Names.MAX_BYTES) {
        throw new BadDataException(folder + ": path of " + row.length + " bytes is too long");
      }
      long place = Place.of(part, sink.name(row, 0, row.length));
      // A walk can only begin again at a whole folder.
      int next = f + 1 == files.size() ? index + 1 : index;
      boolean whole = next > index;
      sink.row(
          base + index, 0, place, whole ? new Position(part, next, base, index, 0, 0) : null, done);
    }
  }

  @Override
  Path root(int part) {
    return roots.get(part);
  }

  @Override
  String pathIn(String row) {
    return row;
  }

  @Override
  String identityIn(String row) {
    return row.substring(0, Math.max(0, row.indexOf('/')));
  }
}
