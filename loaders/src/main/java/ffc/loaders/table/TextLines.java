package ffc.loaders.table;

import ffc.loaders.data.BadDataException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Lines of a mapped UTF-8 text file as bytes, without their ends; one buffer for all. A byte-order
 * mark at the beginning is passed over.
 */
public final class TextLines {
  private final MappedFile file;
  private final byte[] line;
  private long at;
  private int length;

  /**
   * @param from offset of the first line
   * @param longest longest line in bytes that is borne
   */
  public TextLines(MappedFile file, long from, int longest) {
    this.file = file;
    this.at = Math.max(from, begin(file));
    this.line = new byte[longest];
  }

  /** All lines of a small file, without a byte-order mark. */
  public static List<String> all(Path file) {
    List<String> all = new ArrayList<>();
    TextLines lines = new TextLines(MappedFile.open(file), 0, 1 << 16);
    while (lines.next()) {
      all.add(lines.text());
    }
    return all;
  }

  /**
   * Where the text of a file begins: behind its byte-order mark, if it has one.
   *
   * @throws BadDataException if the mark says that the text is UTF-16
   */
  public static long begin(MappedFile file) {
    int first = file.size() < 2 ? 0 : file.getByte(0) << 8 | file.getByte(1);
    if (first == 0xfffe || first == 0xfeff) {
      throw new BadDataException(file.path() + ": the text is UTF-16, wanted UTF-8; save it anew");
    }
    return first == 0xefbb && file.size() > 2 && file.getByte(2) == 0xbf ? 3 : 0;
  }

  /** Moves to the next line; false at the end. */
  public boolean next() {
    if (at >= file.size()) {
      return false;
    }
    length = 0;
    while (at < file.size()) {
      int c = file.getByte(at++);
      if (c == '\n') {
        break;
      }
      if (length == line.length) {
        throw fault("a line of more than " + line.length + " bytes");
      }
      line[length++] = (byte) c;
    }
    if (length > 0 && line[length - 1] == '\r') {
      length--;
    }
    return true;
  }

  /** The line as text. */
  public String text() {
    return new String(line, 0, length, StandardCharsets.UTF_8);
  }

  public byte[] bytes() {
    return line;
  }

  public int length() {
    return length;
  }

  /** Offset behind the line. */
  public long offset() {
    return at;
  }

  /** A fault of the current line, with its number. */
  public BadDataException fault(String message) {
    long number = 1;
    for (long i = 0; i < at - 1; i++) {
      number += file.getByte(i) == '\n' ? 1 : 0;
    }
    return new BadDataException("%s line %d: %s".formatted(file.path(), number, message));
  }
}
