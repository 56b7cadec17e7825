package ffc.loaders.tar;

import ffc.loaders.data.BadDataException;
import ffc.loaders.table.PositionalFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * One tar, as POSIX (ustar, pax), GNU and the seventh edition of Unix write it:
 *
 * <pre>
 * file     = entry*, block of zeros, zeros
 * entry    = (header of type x, g, L or K, content)*, header, content
 * header   = one block of 512: name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8],
 *            type, link[100], magic "ustar", ..., name before name at 345[155] (POSIX only)
 * sum      = the bytes of the header added up, its own counted as spaces
 * size     = octal digits, or a byte 0x80 and a big-endian number
 * content  = size bytes, zeros to a multiple of 512
 * x        = lines "length key=value": path, size stand in place of the header's
 * L        = the name, ended by a zero
 * </pre>
 */
final class TarFile implements Closeable {
  static final int BLOCK = 512;

  /** What is read at first where nothing says how long an entry is: with pax, three headers. */
  private static final int FIRST = 4 * BLOCK;

  /** The next entry's place is no guide to this one's length above so many bytes. */
  private static final int MAX_GAP = 1 << 18;

  private static final int MAX_HEADERS = 1 << 20;

  private final PositionalFile file;

  private TarFile(PositionalFile file) {
    this.file = file;
  }

  static TarFile open(Path path) {
    return new TarFile(PositionalFile.open(path));
  }

  Path path() {
    return file.path();
  }

  long size() {
    return file.size();
  }

  /**
   * An entry.
   *
   * @param name with all folders before it
   * @param type 0 for files, 5 for folders, as the format has it
   * @param data where its content begins
   * @param end where the next entry begins
   */
  record Entry(String name, char type, long data, long size, long end) {
    boolean isFile() {
      return type == '0' || type == '\0' || type == '7';
    }
  }

  /**
   * The entry at an offset, or null if the archive ends there.
   *
   * @throws IOException if there is none, or it does not end within the file
   */
  Entry entry(long offset) throws IOException {
    return entry(offset, new Window(offset, FIRST));
  }

  /**
   * The bytes of the file at an offset.
   *
   * @param gap bytes to the entry that is thought to be the next one wanted, to read as many at
   *     once; any number
   * @return valid until the calling thread reads again
   */
  ByteBuffer content(long offset, long gap) throws IOException {
    Window window = new Window(offset, gap > FIRST && gap <= MAX_GAP ? (int) gap : FIRST);
    Entry entry = entry(offset, window);
    if (entry == null || !entry.isFile()) {
      throw new IOException(
          "no file there: the archive was changed since it was opened or indexed");
    }
    return window.bytes(entry.data(), length(entry));
  }

  /** The bytes of a file; valid until the calling thread reads again. */
  ByteBuffer content(Entry entry) throws IOException {
    return file.read(entry.data(), length(entry));
  }

  private static int length(Entry entry) throws IOException {
    if (entry.size() > PositionalFile.MAX_LENGTH) {
      throw new IOException("file of " + entry.size() + " bytes, at most 1 GiB can be read");
    }
    return (int) entry.size();
  }

  private Entry entry(long offset, Window window) throws IOException {
    String name = null;
    long size = -1;
    for (long at = offset; ; ) {
      if (at > file.size() - BLOCK) {
        throw new IOException(
            at == file.size() && at == offset
                ? "ends without the zeros that end a tar: it was cut"
                : "ends within a header: it was cut");
      }
      ByteBuffer header = window.bytes(at, BLOCK);
      if (at == offset && isZero(header)) {
        return null;
      }
      checkSum(header);
      char type = (char) (header.get(156) & 0xff);
      boolean meta = type == 'x' || type == 'g' || type == 'L' || type == 'K';
      long length = !meta && size >= 0 ? size : number(header, 124, 12);
      long data = at + BLOCK;
      if (length < 0 || length > file.size() - data) {
        throw new IOException(
            "ends within an entry of %d bytes at offset %d, the file has %d: it was cut"
                .formatted(length, data, file.size()));
      }
      long end = data + (length + BLOCK - 1) / BLOCK * BLOCK;
      if (!meta) {
        String own = name == null ? name(header) : name;
        // A last entry's filling may be missing; what follows is then, too, which is told there.
        return new Entry(own, type, data, length, Math.min(end, file.size()));
      }
      if (length > MAX_HEADERS) {
        throw new IOException("header of " + length + " bytes, wanted at most " + MAX_HEADERS);
      }
      if (type == 'L') {
        name = text(window.bytes(data, (int) length), 0, (int) length);
      } else if (type == 'x') {
        Pax pax = Pax.of(window.bytes(data, (int) length));
        name = pax.path() == null ? name : pax.path();
        size = pax.size() < 0 ? size : pax.size();
      }
      at = end;
    }
  }

  /**
   * Checks that nothing but zeros follows an offset.
   *
   * @throws IOException if something does, as in archives that were joined
   */
  void checkEnd(long offset) throws IOException {
    for (long at = offset; at < file.size(); ) {
      ByteBuffer rest = file.read(at, (int) Math.min(1 << 16, file.size() - at));
      if (!isZero(rest)) {
        throw new IOException(
            "more follows its end: archives that were joined are not read, give them one by one");
      }
      at += rest.limit();
    }
  }

  private static boolean isZero(ByteBuffer bytes) {
    for (int i = 0; i < bytes.limit(); i++) {
      if (bytes.get(i) != 0) {
        return false;
      }
    }
    return true;
  }

  private static void checkSum(ByteBuffer header) throws IOException {
    long unsigned = 8 * ' ';
    long signed = 8 * ' '; // as some old programs add up
    for (int i = 0; i < BLOCK; i++) {
      if (i < 148 || i >= 156) {
        unsigned += header.get(i) & 0xff;
        signed += header.get(i);
      }
    }
    long sum = number(header, 148, 8);
    if (sum != unsigned && sum != signed) {
      throw new IOException(
          "header has checksum %d, expected %d: damaged, or no tar".formatted(unsigned, sum));
    }
  }

  /** A number of a header; -1 if there is none. */
  private static long number(ByteBuffer header, int from, int length) {
    long value = 0;
    if ((header.get(from) & 0x80) != 0) {
      for (int i = from; i < from + length; i++) {
        int b = header.get(i) & (i == from ? 0x7f : 0xff);
        if (value >>> 54 != 0) {
          return -1;
        }
        value = value << 8 | b;
      }
      return value;
    }
    int i = from;
    while (i < from + length && header.get(i) == ' ') {
      i++;
    }
    for (; i < from + length && header.get(i) != ' ' && header.get(i) != 0; i++) {
      int digit = header.get(i) - '0';
      if (digit < 0 || digit > 7) {
        return -1;
      }
      value = 8 * value + digit;
    }
    return value;
  }

  private static String name(ByteBuffer header) {
    String name = text(header, 0, 100);
    boolean posix = text(header, 257, 6).equals("ustar") && header.get(262) == 0;
    String before = posix ? text(header, 345, 155) : "";
    return before.isEmpty() ? name : before + "/" + name;
  }

  /** A text that a zero ends. */
  private static String text(ByteBuffer bytes, int from, int length) {
    byte[] text = new byte[length];
    bytes.get(from, text);
    int end = 0;
    while (end < length && text[end] != 0) {
      end++;
    }
    return new String(text, 0, end, StandardCharsets.UTF_8);
  }

  /** A fault of what is at an offset. */
  BadDataException fault(String name, long offset, IOException cause) {
    return new BadDataException(describe(name, offset) + ": " + cause.getMessage(), cause);
  }

  /** An entry's place for messages; without a name if it is not known. */
  String describe(String name, long offset) {
    return "%s%s (offset %d)".formatted(path(), name.isEmpty() ? "" : " " + name, offset);
  }

  @Override
  public void close() {
    file.close();
  }

  /** What was read at once; more is read where it ends. */
  private final class Window {
    private final long from;
    private ByteBuffer bytes;

    Window(long from, int most) throws IOException {
      this.from = from;
      if (from < 0 || from > file.size()) {
        throw new IOException(
            "no entry at offset %d: the file has %d bytes".formatted(from, file.size()));
      }
      bytes = file.read(from, (int) Math.min(most, file.size() - from));
    }

    ByteBuffer bytes(long at, int length) throws IOException {
      long skip = at - from;
      if (bytes != null && skip >= 0 && skip + length <= bytes.limit()) {
        return bytes.slice((int) skip, length).order(ByteOrder.LITTLE_ENDIAN);
      }
      bytes = null; // the thread's buffer is used again
      return file.read(at, length);
    }
  }
}
