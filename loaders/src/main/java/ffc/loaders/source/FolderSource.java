package ffc.loaders.source;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.format.DataFormat;
import ffc.loaders.format.DataFormats;
import ffc.loaders.image.ImageFormat;
import ffc.loaders.table.Fingerprint;
import ffc.loaders.table.HeapTable;
import ffc.loaders.table.Names;
import ffc.loaders.table.Place;
import ffc.loaders.table.Source;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Image folders, {@code root/<identity>/*.jpg}, or any ending of {@link ImageFormat#ENDINGS}:
 * identities are the sorted names of the sub-folders. Everything else in them is left out, and
 * counted in {@link #notes}. With several roots the identities of each follow those of the roots
 * before.
 */
public final class FolderSource extends FileSource {
  /** The format {@code folder}: any folder that is nothing else. */
  public static final class Format implements DataFormat {
    @Override
    public String name() {
      return "folder";
    }

    @Override
    public boolean claims(String path) {
      return Files.isDirectory(DataFormats.path(path));
    }

    @Override
    public boolean claimsTheRest() {
      return true;
    }

    @Override
    public Source source(String name, List<Path> paths, boolean compact) {
      return new FolderSource(name, paths);
    }

    @Override
    public Dataset inspect(DataConfig.Source set, Consumer<String> faults) {
      return HeapTable.open(new FolderSource(set.text(), DataFormats.paths(set), faults), 0);
    }
  }

  /** A file in a folder that {@code ffc data unpack} has not finished. */
  public static final String UNFINISHED = ".unpacking";

  private static final Pattern IMAGE =
      Pattern.compile("(?s).*\\.(" + String.join("|", ImageFormat.ENDINGS) + ")");

  private final String name;
  private final List<Path> roots;
  private final Consumer<String> faults;
  private final List<List<String>> listed = new ArrayList<>();
  private final LeftOut inRoots = new LeftOut();
  private LeftOut inFolders = new LeftOut();

  /** A source whose walk ends in an exception if there are folders without an image. */
  public FolderSource(String name, List<Path> roots) {
    this(name, roots, null);
  }

  /**
   * A source that passes over folders without an image.
   *
   * @param faults hears a line of each of them; null to want none
   */
  public FolderSource(String name, List<Path> roots, Consumer<String> faults) {
    this.name = name;
    this.roots = List.copyOf(roots);
    this.faults = faults;
  }

  /** Sub-folders by root, listed when they are first wanted: reading images needs no list. */
  private List<List<String>> folders() {
    if (listed.isEmpty()) {
      for (Path root : roots) {
        if (Files.exists(root.resolve(UNFINISHED))) {
          throw new BadDataException(
              root
                  + ": not all of it is there; ./ffc data unpack SOURCE --out "
                  + root
                  + " goes on");
        }
        List<String> sub =
            list(
                root,
                Files::isDirectory,
                entry -> {
                  if (!LeftOut.named(entry) || entry.getFileName().toString().startsWith(".")) {
                    inRoots.add(entry);
                  } else {
                    inRoots.add("outside the identities' folders");
                  }
                });
        if (sub.isEmpty()) {
          List<String> packs = list(root, entry -> entry.toString().endsWith(".rec"), entry -> {});
          throw new BadDataException(
              root
                  + ": no sub-folder in it, wanted one for each identity with its images"
                  + (packs.isEmpty() ? "" : "; or give a pack in it: " + String.join(", ", packs)));
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

  /** Sorted names of the wanted entries whose names can be read and are not hidden. */
  private static List<String> list(Path folder, Predicate<Path> wanted, Consumer<Path> rest) {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        String entryName = entry.getFileName().toString();
        if (LeftOut.named(entry) && !entryName.startsWith(".") && wanted.test(entry)) {
          names.add(entryName);
        } else {
          rest.accept(entry);
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
  public List<Path> catalogues() {
    return roots;
  }

  @Override
  public String catalogueHash() {
    return stamp();
  }

  @Override
  public long work() {
    return folders().stream().mapToLong(List::size).sum();
  }

  @Override
  public void scan(Position from, RowSink sink) {
    long base = from.base();
    long done = 0;
    inFolders = new LeftOut();
    List<String> empty = new ArrayList<>();
    boolean any = false;
    for (int part = 0; part < roots.size(); part++) {
      List<String> sub = folders().get(part);
      if (part >= from.part()) {
        sink.part(part, base);
        int begin = part == from.part() ? (int) from.offset() : 0;
        base += begin;
        for (int i = begin; i < sub.size(); i++) {
          Path folder = roots.get(part).resolve(sub.get(i));
          LeftOut rest = new LeftOut();
          List<String> files =
              list(folder, entry -> isImage(entry.getFileName().toString()), rest::add);
          inFolders.addAll(rest);
          if (files.isEmpty()) {
            empty.add(withoutImage(folder, rest));
          } else if (empty.isEmpty() || faults != null) {
            // After an empty folder the rest is only looked through: all are told at once.
            scanFolder(part, i, base - i, done + i, files, sink);
            any = true;
          }
          base += files.isEmpty() && faults != null ? 0 : 1;
        }
      }
      done += sub.size();
    }
    if (faults != null && any) {
      empty.forEach(faults);
    } else if (!empty.isEmpty()) {
      throw new BadDataException(
          empty.get(0)
              + (empty.size() == 1
                  ? ""
                  : "; so are %d more of %d folders (ffc data verify lists them)"
                      .formatted(empty.size() - 1, done)));
    }
    sink.end(base);
  }

  private static String withoutImage(Path folder, LeftOut rest) {
    return folder
        + ": no "
        + ImageFormat.ANY_ENDING
        + " in it; "
        + (rest.isEmpty()
            ? "add an image or remove the folder"
            : "what is there (" + rest + ") is not read: convert it, or move the folder away");
  }

  @Override
  public List<String> notes() {
    LeftOut all = new LeftOut();
    all.addAll(inRoots);
    all.addAll(inFolders);
    return all.isEmpty()
        ? List.of()
        : List.of(name + ": left out " + all + "; read are " + ImageFormat.ALL_ENDINGS);
  }

  private void scanFolder(
      int part, int index, long base, long done, List<String> files, RowSink sink) {
    String identity = folders().get(part).get(index);
    Path folder = roots.get(part).resolve(identity);
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
