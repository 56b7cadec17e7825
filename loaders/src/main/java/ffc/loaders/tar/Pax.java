package ffc.loaders.tar;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What a pax header says about the entry behind it.
 *
 * @param path its name, or null
 * @param size its size, or -1
 */
record Pax(String path, long size) {

  /** Reads lines of {@code length key=value}, the length being that of the whole line. */
  static Pax of(ByteBuffer header) throws IOException {
    byte[] text = new byte[header.remaining()];
    header.get(text);
    String path = null;
    long size = -1;
    for (int at = 0; at < text.length && text[at] != 0; ) {
      int length = 0;
      int i = at;
      for (; i < text.length && text[i] >= '0' && text[i] <= '9' && length <= text.length; i++) {
        length = 10 * length + text[i] - '0';
      }
      boolean whole =
          i < text.length && text[i] == ' ' && length > i - at && length <= text.length - at;
      String line = whole ? new String(text, i + 1, length - (i - at) - 1, UTF_8) : "";
      int equals = line.indexOf('=');
      if (equals < 0 || !line.endsWith("\n")) {
        throw new IOException("damaged pax header");
      }
      String key = line.substring(0, equals);
      String value = line.substring(equals + 1, line.length() - 1);
      if (key.equals("path")) {
        path = value;
      } else if (key.equals("size")) {
        if (!value.matches("[0-9]{1,16}")) {
          throw new IOException("damaged pax header: size is \"" + value + "\"");
        }
        size = Long.parseLong(value);
      } else if (key.startsWith("GNU.sparse.")) {
        throw new IOException("file with holes (sparse), which is not read: pack it as it is");
      }
      at += length;
    }
    return new Pax(path, size);
  }
}
