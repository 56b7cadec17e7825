package ffc.loaders.photos.walk;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * Files by identity: an identity is a folder that directly holds files, named by its path below the
 * root. Names come in the order of their characters, files of a folder before its folders.
 */
public interface PhotoSource extends Closeable {
  /** Hears of a walk, in its order. */
  interface Visitor {
    /**
     * A file of an identity; those of one identity follow each other.
     *
     * @param path below the root, with {@code /} between
     */
    void file(String identity, String path, Bytes bytes) throws IOException;

    void leftOut(String path, Reason reason, String more) throws IOException;

    /** An identity's files are through. */
    default void end(String identity) throws IOException {}
  }

  /** The bytes of one file; read by any thread. */
  interface Bytes {
    /** How many there are, or are said to be. */
    long size() throws IOException;

    /** When it was last changed, in milliseconds of the epoch; 0 if that is not known. */
    long modified() throws IOException;

    /** Its first bytes, as many as {@code most} if there are so many. */
    byte[] head(int most) throws IOException;

    /**
     * All of it.
     *
     * @throws IOException also if there are more or fewer than {@link #size} says, where that is
     *     told apart
     */
    byte[] all() throws IOException;
  }

  /** Walks all of it. */
  void walk(Visitor visitor) throws IOException;

  /**
   * Opens a folder, or an archive told by its first bytes: zip, tar, tar.gz.
   *
   * @param scratch existing folder, which may take a temporary file of the archive's size
   * @throws ffc.loaders.data.BadDataException if the archive is damaged
   * @throws IllegalArgumentException if the path is neither
   */
  static PhotoSource open(Path path, Path scratch) throws IOException {
    Files.deleteIfExists(scratch.resolve(PhotoArchive.UNPACKED)); // of an import that was killed
    return Files.isDirectory(path) ? new PhotoTree(path) : PhotoArchive.open(path, scratch);
  }

  /**
   * Refuses what cannot be opened, before anything is made for it.
   *
   * @throws IllegalArgumentException if the path is neither a folder nor an archive
   */
  static void check(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new IllegalArgumentException(path + ": no such file or folder");
    }
    if (!Files.isDirectory(path)) {
      ArchiveKind.of(path);
    }
  }

  /** Whether a name is of what lies beside pictures without being anyone's. */
  static boolean hidden(String name) {
    return name.startsWith(".")
        || Set.of("Thumbs.db", "desktop.ini", "__MACOSX", "@eaDir", "$RECYCLE.BIN", "lost+found")
            .contains(name);
  }

  /** A path with a name behind it. */
  static String join(String path, String name) {
    return path.isEmpty() ? name : path + "/" + name;
  }
}
