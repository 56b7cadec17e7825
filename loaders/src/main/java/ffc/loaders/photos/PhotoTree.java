package ffc.loaders.photos;

import ffc.loaders.data.BadDataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/**
 * A folder tree of pictures: an identity is a folder that directly holds files, named by its path
 * below the root. Links are followed; names are walked in the order of their characters.
 */
final class PhotoTree {
  /** What lies beside pictures without being anyone's. */
  private static final Set<String> SYSTEM =
      Set.of("Thumbs.db", "desktop.ini", "__MACOSX", "@eaDir", "$RECYCLE.BIN", "lost+found");

  /** Hears of a walk, in its order. */
  interface Visitor {
    /**
     * A file of an identity; those of one identity follow each other.
     *
     * @param path below the root, with {@code /} between
     */
    void file(String identity, String path, Bytes bytes) throws IOException;

    void leftOut(String path, LeftOut.Kind kind, String reason) throws IOException;

    /** An identity's files are through. */
    default void end(String identity) throws IOException {}
  }

  /** The bytes of one file. */
  interface Bytes {
    /** Its first bytes, as many as {@code most} if there are so many. */
    byte[] head(int most) throws IOException;

    /** All of it. */
    byte[] all() throws IOException;
  }

  private final Path root;

  PhotoTree(Path root) {
    this.root = root;
  }

  /** Walks the tree. */
  void walk(Visitor visitor) throws IOException {
    Deque<Path> above = new ArrayDeque<>();
    above.push(root.toRealPath());
    folder(root, "", above, visitor);
  }

  private void folder(Path folder, String path, Deque<Path> above, Visitor visitor)
      throws IOException {
    List<String> folders = new ArrayList<>();
    List<String> files = new ArrayList<>();
    List<String> odd = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (name.indexOf('\uFFFD') >= 0) { // stands for bytes that are no text
          odd.add(name);
        } else {
          (Files.isDirectory(entry) ? folders : files).add(name);
        }
      }
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      if (path.isEmpty()) {
        throw new BadDataException(folder + ": cannot be listed: " + e.getMessage(), e);
      }
      visitor.leftOut(path, LeftOut.Kind.UNREADABLE, "folder cannot be listed");
      return;
    }
    Collections.sort(odd);
    for (String name : odd) {
      visitor.leftOut(join(path, name), LeftOut.Kind.ODD_NAME, "");
    }
    if (folders.isEmpty() && files.isEmpty() && odd.isEmpty() && !path.isEmpty()) {
      visitor.leftOut(path, LeftOut.Kind.EMPTY, "");
    }
    Collections.sort(files);
    for (String name : files) {
      file(folder.resolve(name), path, join(path, name), visitor);
    }
    if (!files.isEmpty() && !path.isEmpty()) {
      visitor.end(path);
    }
    Collections.sort(folders);
    for (String name : folders) {
      String below = join(path, name);
      Path real = folder.resolve(name).toRealPath();
      if (hidden(name)) {
        visitor.leftOut(below, LeftOut.Kind.HIDDEN, "folder");
      } else if (above.contains(real)) {
        visitor.leftOut(below, LeftOut.Kind.LINK, "leads back to a folder above");
      } else {
        above.push(real);
        folder(folder.resolve(name), below, above, visitor);
        above.pop();
      }
    }
  }

  private static void file(Path file, String identity, String path, Visitor visitor)
      throws IOException {
    if (hidden(file.getFileName().toString())) {
      visitor.leftOut(path, LeftOut.Kind.HIDDEN, "");
      return;
    }
    BasicFileAttributes attributes;
    try {
      attributes = Files.readAttributes(file, BasicFileAttributes.class);
    } catch (IOException e) {
      boolean link =
          Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
              .isSymbolicLink();
      visitor.leftOut(
          path,
          link ? LeftOut.Kind.LINK : LeftOut.Kind.UNREADABLE,
          link ? "leads nowhere" : "" + e.getMessage());
      return;
    }
    if (!attributes.isRegularFile()) {
      visitor.leftOut(path, LeftOut.Kind.SPECIAL, "");
    } else if (identity.isEmpty()) {
      visitor.leftOut(path, LeftOut.Kind.OUTSIDE, "");
    } else {
      visitor.file(identity, path, new InFile(file));
    }
  }

  private static boolean hidden(String name) {
    return name.startsWith(".") || SYSTEM.contains(name);
  }

  private static String join(String path, String name) {
    return path.isEmpty() ? name : path + "/" + name;
  }

  private record InFile(Path file) implements Bytes {
    @Override
    public byte[] head(int most) throws IOException {
      try (InputStream in = Files.newInputStream(file)) {
        return in.readNBytes(most);
      }
    }

    @Override
    public byte[] all() throws IOException {
      return Files.readAllBytes(file);
    }
  }
}
