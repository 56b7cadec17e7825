package ffc.loaders.photos.walk;

import ffc.loaders.data.BadDataException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

/**
 * The folder tree that an archive holds, walked in the order of a tree on disk whatever order the
 * entries have. A single folder that holds all others counts as the archive itself. Nothing is
 * unpacked to disk but the tar inside of a tar.gz, which takes a temporary file. Heap grows with
 * the number of entries, by about a kilobyte each, not with what they hold.
 */
final class PhotoArchive implements PhotoSource {
  /** Folders inside each other; deeper ones are no tree of pictures. */
  private static final int DEEPEST = 64;

  /** A tar that unpacks to more than so many times its size holds no pictures. */
  private static final long MOST_TIMES = 200;

  private static final long ALWAYS_UNPACKED = 1L << 28;

  /** A folder of the archive. */
  private record Folder(TreeMap<String, Folder> folders, TreeMap<String, ArchiveFile.Entry> files) {
    Folder() {
      this(new TreeMap<>(), new TreeMap<>());
    }
  }

  /** An entry whose name or place is refused. */
  private record Refused(String name, Reason reason, String more) {}

  /** The tar inside of a tar.gz, in the folder that is filled. */
  static final String UNPACKED = ".unpacked.tar";

  private final ArchiveFile file;
  private final Path unpacked;
  private final List<Refused> refused = new ArrayList<>();
  private final Folder root;

  private PhotoArchive(ArchiveFile file, Path unpacked) {
    this.file = file;
    this.unpacked = unpacked;
    Folder whole = new Folder();
    file.entries().forEach(entry -> place(whole, entry));
    this.root = inner(whole);
  }

  /**
   * Opens an archive.
   *
   * @throws BadDataException if it is damaged; one line with its path
   */
  static PhotoArchive open(Path path, Path scratch) throws IOException {
    Path unpacked = null;
    try {
      ArchiveKind kind = ArchiveKind.of(path);
      if (kind == ArchiveKind.TAR_GZ) {
        unpacked = scratch.resolve(UNPACKED);
        unpacked.toFile().deleteOnExit();
        unpack(path, unpacked);
      }
      Path read = unpacked == null ? path : unpacked;
      return new PhotoArchive(
          kind == ArchiveKind.ZIP ? ArchiveFile.zip(read) : ArchiveFile.tar(read), unpacked);
    } catch (IOException | RuntimeException e) {
      if (unpacked != null) {
        Files.deleteIfExists(unpacked);
      }
      // Readers answer damaged archives with whatever they stumble over.
      String reason = e.getMessage() == null ? e.toString() : e.getMessage();
      throw new BadDataException(
          path + ": cannot be read as an archive: " + reason.replace(path + ": ", ""), e);
    }
  }

  private static void unpack(Path from, Path to) throws IOException {
    long most = ALWAYS_UNPACKED + MOST_TIMES * Files.size(from);
    try (InputStream in = new GZIPInputStream(Files.newInputStream(from), 1 << 16);
        OutputStream out = Files.newOutputStream(to)) {
      byte[] piece = new byte[1 << 16];
      long size = 0;
      for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
        size += n;
        if (size > most) {
          throw new IOException(
              "unpacks to more than %d times its size, as no pictures do".formatted(MOST_TIMES));
        }
        out.write(piece, 0, n);
      }
    }
    ArchiveKind inside;
    try {
      inside = ArchiveKind.of(to);
    } catch (IllegalArgumentException e) {
      throw new IOException("holds no tar", e);
    }
    if (inside != ArchiveKind.TAR) {
      throw new IOException("holds no tar");
    }
  }

  private void place(Folder whole, ArchiveFile.Entry entry) {
    String name = entry.name();
    if (name.indexOf('\uFFFD') >= 0) {
      refused.add(new Refused(name, Reason.ODD_NAME, ""));
      return;
    }
    List<String> parts = new ArrayList<>();
    for (String part : name.split("/", -1)) {
      if (!part.equals(".")) {
        parts.add(part);
      }
    }
    if (parts.isEmpty()
        || parts.contains("..")
        || parts.contains("")
        || name.matches("(?s)[A-Za-z]:[/\\\\].*")) {
      refused.add(new Refused(name, Reason.UNSAFE_NAME, ""));
      return;
    }
    if (parts.size() > DEEPEST) {
      refused.add(
          new Refused(
              name.substring(0, 100) + "...",
              Reason.UNREADABLE,
              "lies in %d folders inside each other, at most %d are read"
                  .formatted(parts.size() - 1, DEEPEST - 1)));
      return;
    }
    Folder folder = whole;
    for (String part : parts.subList(0, parts.size() - 1)) {
      folder = folder.folders().computeIfAbsent(part, none -> new Folder());
    }
    if (folder.files().putIfAbsent(parts.get(parts.size() - 1), entry) != null) {
      refused.add(new Refused(name, Reason.UNREADABLE, "the archive has another of this name"));
    }
  }

  /**
   * The folder that holds all others. What file managers add beside it, such as {@code __MACOSX},
   * is hidden; one without folders is an identity.
   */
  private Folder inner(Folder whole) {
    Folder inner = whole;
    String path = "";
    while (inner.files().keySet().stream().allMatch(PhotoSource::hidden)) {
      List<String> seen =
          inner.folders().keySet().stream().filter(name -> !PhotoSource.hidden(name)).toList();
      if (seen.size() != 1) {
        break;
      }
      Folder only = inner.folders().get(seen.get(0));
      if (only.folders().keySet().stream().allMatch(PhotoSource::hidden)) {
        break;
      }
      for (String name : inner.files().keySet()) {
        refused.add(new Refused(PhotoSource.join(path, name), Reason.HIDDEN, ""));
      }
      for (String name : inner.folders().keySet()) {
        if (PhotoSource.hidden(name)) {
          refused.add(new Refused(PhotoSource.join(path, name), Reason.HIDDEN, "folder"));
        }
      }
      path = PhotoSource.join(path, seen.get(0));
      inner = only;
    }
    return inner;
  }

  @Override
  public void walk(Visitor visitor) throws IOException {
    for (Refused entry : refused) {
      visitor.leftOut(entry.name(), entry.reason(), entry.more());
    }
    folder(root, "", visitor);
  }

  private static void folder(Folder folder, String path, Visitor visitor) throws IOException {
    for (Map.Entry<String, ArchiveFile.Entry> each : folder.files().entrySet()) {
      String below = PhotoSource.join(path, each.getKey());
      ArchiveFile.Entry entry = each.getValue();
      if (PhotoSource.hidden(each.getKey())) {
        visitor.leftOut(below, Reason.HIDDEN, "");
      } else if (entry.reason() != null) {
        visitor.leftOut(below, entry.reason(), entry.more());
      } else if (path.isEmpty()) {
        visitor.leftOut(below, Reason.OUTSIDE, "");
      } else {
        visitor.file(path, below, entry.bytes());
      }
    }
    if (!folder.files().isEmpty() && !path.isEmpty()) {
      visitor.end(path);
    }
    for (Map.Entry<String, Folder> each : folder.folders().entrySet()) {
      String below = PhotoSource.join(path, each.getKey());
      if (PhotoSource.hidden(each.getKey())) {
        visitor.leftOut(below, Reason.HIDDEN, "folder");
      } else {
        folder(each.getValue(), below, visitor);
      }
    }
  }

  @Override
  public void close() throws IOException {
    try {
      file.close();
    } finally {
      if (unpacked != null) {
        Files.deleteIfExists(unpacked);
      }
    }
  }
}
