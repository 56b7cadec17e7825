package ffc.runs.record;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Says whether a data file is the same file as in another run. */
public final class FileFingerprint {
  private static final long LARGE = 64L << 20;

  private FileFingerprint() {}

  /**
   * The first 16 hexadecimal digits of the file's SHA-256; size and time of change for files above
   * 64 MiB and for folders, whose content would take long to read.
   */
  public static String of(Path file) throws IOException {
    if (!Files.isRegularFile(file) || Files.size(file) > LARGE) {
      return "size " + Files.size(file) + ", changed " + Files.getLastModifiedTime(file);
    }
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = sha256();
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
      return HexFormat.of().formatHex(digest.digest(), 0, 8);
    }
  }

  /** The first 16 hexadecimal digits of a text's SHA-256. */
  public static String ofText(String text) {
    byte[] hash = sha256().digest(text.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(hash, 0, 8);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }
}
