package ffc.loaders.pairs;

import java.io.ByteArrayOutputStream;

/** Python's quoted forms of protocol 0. */
final class PickleText {
  private PickleText() {}

  /** The bytes of {@code 'a\x00\n'}, as {@code repr} of a Python-2 string writes them. */
  static byte[] unescapeBytes(String quoted) {
    if (quoted.length() < 2 || quoted.charAt(0) != quoted.charAt(quoted.length() - 1)) {
      throw new NumberFormatException("string without its quotes");
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(quoted.length());
    int end = quoted.length() - 1;
    for (int i = 1; i < end; i++) {
      char c = quoted.charAt(i);
      if (c != '\\') {
        bytes.write(c);
        continue;
      }
      char escape = quoted.charAt(++i);
      switch (escape) {
        case 'n' -> bytes.write('\n');
        case 't' -> bytes.write('\t');
        case 'r' -> bytes.write('\r');
        case 'x' -> {
          bytes.write(Integer.parseInt(quoted.substring(i + 1, i + 3), 16));
          i += 2;
        }
        default -> bytes.write(escape); // quote or backslash
      }
    }
    return bytes.toByteArray();
  }

  /** Text in raw-unicode-escape: only {@code \\uXXXX} and {@code \\UXXXXXXXX} are escapes. */
  static String unescapeUnicode(String line) {
    StringBuilder text = new StringBuilder(line.length());
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      char kind = c == '\\' && i + 1 < line.length() ? line.charAt(i + 1) : 0;
      int digits = kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
      if (digits == 0) {
        text.append(c);
        continue;
      }
      int code = Integer.parseInt(line.substring(i + 2, i + 2 + digits), 16);
      if (!Character.isValidCodePoint(code)) {
        throw new NumberFormatException("code point " + code);
      }
      text.appendCodePoint(code);
      i += 1 + digits;
    }
    return text.toString();
  }
}
