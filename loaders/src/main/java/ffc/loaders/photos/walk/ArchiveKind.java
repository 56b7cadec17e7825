package ffc.loaders.photos.walk;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Archives, told by their first bytes: endings of names may lie. */
enum ArchiveKind {
  ZIP,
  TAR,
  TAR_GZ;

  private static final int HEAD = 512;
  private static final int TAR_MAGIC = 257;

  /**
   * Tells the kind.
   *
   * @throws IllegalArgumentException if the file is none
   */
  static ArchiveKind of(Path file) throws IOException {
    byte[] head;
    if (Files.isRegularFile(file)) {
      try (InputStream in = Files.newInputStream(file)) {
        head = in.readNBytes(HEAD);
      }
    } else {
      head = new byte[0];
    }
    String text = new String(head, StandardCharsets.ISO_8859_1);
    if (text.startsWith("PK\3\4") || text.startsWith("PK\5\6")) {
      return ZIP;
    }
    if (text.startsWith("\u001f\u008b")) {
      return TAR_GZ;
    }
    if (text.startsWith("ustar", TAR_MAGIC)) {
      return TAR;
    }
    throw new IllegalArgumentException(
        file + ": is a file, wanted a folder, or an archive: zip, tar, tar.gz");
  }
}
