package ffc.loaders.photos;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Formats of pictures, told by their first bytes: endings of names may lie. */
enum Format {
  JPEG,
  PNG,
  GIF,
  BMP,
  WEBP,
  TIFF,
  /** A picture or film of the HEIF family, which is told and not read. */
  HEIF,
  /** None of these. */
  OTHER;

  /** Bytes that are needed to tell. */
  static final int HEAD = 16;

  static Format of(byte[] head) {
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
}
