package ffc.loaders.format;

import ffc.loaders.BadDataException;
import ffc.loaders.store.MappedFile;

/** Lines of a mapped text file as bytes, without their ends; one buffer for all. */
final class TextLines {
  private final MappedFile file;
  private final byte[] line;
  private long at;
  private int length;

  /**
   * @param from offset of the first line
   * @param longest longest line in bytes that is borne
   */
  TextLines(MappedFile file, long from, int longest) {
    this.file = file;
    this.at = from;
    this.line = new byte[longest];
  }

  /** Moves to the next line; false at the end. */
  boolean next() {
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

  byte[] bytes() {
    return line;
  }

  int length() {
    return length;
  }

  /** Offset behind the line. */
  long offset() {
    return at;
  }

  /** A fault of the current line, with its number. */
  BadDataException fault(String message) {
    long number = 1;
    for (long i = 0; i < at - 1; i++) {
      number += file.getByte(i) == '\n' ? 1 : 0;
    }
    return new BadDataException("%s line %d: %s".formatted(file.path(), number, message));
  }
}
