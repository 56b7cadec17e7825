package ffc.loaders.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** Formats of pictures, told by their first bytes: endings of names may lie. */
public enum ImageFormat {
  JPEG("jpg"),
  PNG("png"),
  BMP("bmp"),
  WEBP("webp"),
  GIF("gif"),
  TIFF("tif"),
  /** A picture or film of the HEIF family, which is told and not read. */
  HEIF("bin"),
  /** None of these. */
  OTHER("bin");

  /** Bytes that are needed to tell. */
  public static final int HEAD = 16;

  /** How names of pictures that are read end, in small letters. */
  public static final List<String> ENDINGS =
      List.of("jpg", "jpeg", "png", "bmp", "webp", "gif", "tif", "tiff");

  private static final String ALL_BUT_LAST =
      "." + String.join(", .", ENDINGS.subList(0, ENDINGS.size() - 1));
  private static final String LAST = "." + ENDINGS.get(ENDINGS.size() - 1);

  /** The endings in a sentence: all of them are read. */
  public static final String ALL_ENDINGS = ALL_BUT_LAST + " and " + LAST;

  /** The endings in a sentence: one of them is wanted. */
  public static final String ANY_ENDING = ALL_BUT_LAST + " or " + LAST;

  private final String ending;

  ImageFormat(String ending) {
    this.ending = ending;
  }

  /** The usual ending of a file. */
  public String ending() {
    return ending;
  }

  /** What a file is that may be anything. */
  public static ImageFormat of(byte[] head) {
    byte[] start = Arrays.copyOf(head, HEAD);
    String text = new String(start, StandardCharsets.ISO_8859_1);
    if (text.startsWith("\u00ff\u00d8\u00ff")) {
      return JPEG;
    }
    if (text.startsWith("\u0089PNG")) {
      return PNG;
    }
    if (text.startsWith("GIF8")) {
      return GIF;
    }
    if (text.startsWith("BM") && text.startsWith("\0\0\0\0", 6)) {
      return BMP;
    }
    if (text.startsWith("RIFF") && text.startsWith("WEBP", 8)) {
      return WEBP;
    }
    if (text.startsWith("II*\0") || text.startsWith("MM\0*") || text.startsWith("II+\0")) {
      return TIFF;
    }
    return text.startsWith("ftyp", 4) ? HEIF : OTHER;
  }

  /**
   * What bytes are that should be an image.
   *
   * @param encoded from position to limit; not moved
   * @throws IOException if they are none that is read
   */
  public static ImageFormat of(ByteBuffer encoded) throws IOException {
    int length = encoded.remaining();
    int at = encoded.position();
    if (length == 0) {
      throw new IOException("record is empty, wanted an image");
    }
    if (length >= 4) {
      int b0 = encoded.get(at) & 0xff;
      int b1 = encoded.get(at + 1) & 0xff;
      if (b0 == 0x89 && b1 == 'P' && encoded.get(at + 2) == 'N' && encoded.get(at + 3) == 'G') {
        return PNG;
      }
      if (b0 == 0xff && b1 == 0xd8) {
        return JPEG;
      }
      if (b0 == 'B' && b1 == 'M') {
        return BMP;
      }
    }
    byte[] head = new byte[Math.min(HEAD, length)];
    encoded.get(at, head);
    ImageFormat format = of(head);
    if (format == HEIF) {
      throw new IOException("HEIC, AVIF or film, which is not read: convert it to JPEG or PNG");
    }
    if (format == OTHER) {
      StringBuilder found = new StringBuilder();
      for (int i = 0; i < Math.min(4, length); i++) {
        found.append("%02x".formatted(head[i]));
      }
      throw new IOException("not a JPEG, PNG, WebP, GIF, BMP or TIFF image: begins with " + found);
    }
    return format;
  }
}
