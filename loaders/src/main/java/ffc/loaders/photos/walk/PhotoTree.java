package ffc.loaders.photos.walk;

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

/** A folder tree of pictures. Links are followed. */
final class PhotoTree implements PhotoSource {
  private final Path root;

  PhotoTree(Path root) {
    this.root = root;
  }

  @Override
  public void walk(Visitor visitor) throws IOException {
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
      visitor.leftOut(path, Reason.UNREADABLE, "folder cannot be listed");
      return;
    }
    Collections.sort(odd);
    for (String name : odd) {
      visitor.leftOut(PhotoSource.join(path, name), Reason.ODD_NAME, "");
    }
    if (folders.isEmpty() && files.isEmpty() && odd.isEmpty() && !path.isEmpty()) {
      visitor.leftOut(path, Reason.EMPTY, "");
    }
    Collections.sort(files);
    for (String name : files) {
      file(folder.resolve(name), path, PhotoSource.join(path, name), visitor);
    }
    if (!files.isEmpty() && !path.isEmpty()) {
      visitor.end(path);
    }
    Collections.sort(folders);
    for (String name : folders) {
      String below = PhotoSource.join(path, name);
      Path real = folder.resolve(name).toRealPath();
      if (PhotoSource.hidden(name)) {
        visitor.leftOut(below, Reason.HIDDEN, "folder");
      } else if (above.contains(real)) {
        visitor.leftOut(below, Reason.LINK, "leads back to a folder above");
      } else {
        above.push(real);
        folder(folder.resolve(name), below, above, visitor);
        above.pop();
      }
    }
  }

  private static void file(Path file, String identity, String path, Visitor visitor)
      throws IOException {
    if (PhotoSource.hidden(file.getFileName().toString())) {
      visitor.leftOut(path, Reason.HIDDEN, "");
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
          link ? Reason.LINK : Reason.UNREADABLE,
          link ? "leads nowhere" : "" + e.getMessage());
      return;
    }
    if (!attributes.isRegularFile()) {
      visitor.leftOut(path, Reason.SPECIAL, "");
    } else if (identity.isEmpty()) {
      visitor.leftOut(path, Reason.OUTSIDE, "");
    } else {
      visitor.file(identity, path, new InFile(file));
    }
  }

  @Override
  public void close() {}

  private record InFile(Path file) implements Bytes {
    @Override
    public long size() throws IOException {
      return Files.size(file);
    }

    @Override
    public long modified() throws IOException {
      return Files.getLastModifiedTime(file).toMillis();
    }

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
