package ffc.loaders.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A JPEG file reduced to what its pixels depend on, so that every decoder takes and refuses the
 * same files and gives the same colours: one marker that says which colour space it is, tables,
 * frame and scans up to the end marker. Colour profiles, Exif data, comments and what follows the
 * end are left out. Confined to one thread; reusable.
 *
 * <p>The colour space is told as libjpeg tells it: a JFIF marker means YCbCr; else an Adobe marker
 * says; else the components' numbers do.
 */
final class JpegStream {
  private static final int JFIF = 0xe0;
  private static final int ADOBE = 0xee;
  private static final int END = 0xd9;
  private static final int SCAN = 0xda;

  /** The colour markers that are written, without a picture's start in front. */
  private static final byte[] YCC = bytes("ff e0 00 10 4a 46 49 46 00 01 01 00 00 01 00 01 00 00");

  private static final byte[] RGB = bytes("ff ee 00 0e 41 64 6f 62 65 00 64 00 00 00 00 00");
  private static final int START = 2 + YCC.length;

  private byte[] in = new byte[1 << 14];
  private byte[] out = new byte[1 << 14];
  private int length; // of in
  private int filled; // of out
  private int begin; // of the stream in out

  // What the markers said.
  private boolean jfif;
  private int transform; // Adobe's, -1 without such a marker
  private boolean rgbNumbers;
  private boolean progressive;
  private boolean scanned;
  private JpegHeader header;

  private static byte[] bytes(String hex) {
    return java.util.HexFormat.ofDelimiter(" ").parseHex(hex);
  }

  /**
   * Reads a file.
   *
   * @param encoded from position to limit; not moved
   * @throws IOException if it is damaged, ends early, or is neither baseline nor progressive
   */
  void read(ByteBuffer encoded) throws IOException {
    length = encoded.remaining();
    if (in.length < length) {
      in = new byte[length];
      out = new byte[length + START];
    }
    encoded.get(encoded.position(), in, 0, length);
    filled = START;
    jfif = false;
    transform = -1;
    header = null;
    scanned = false;
    int at = 2;
    while (true) {
      at = marker(at);
      int marker = in[at - 1] & 0xff;
      if (marker == END) {
        break;
      }
      int size = at + 2 <= length ? u16(at) : 0;
      if (size < 2 || size > length - at) {
        throw new IOException(
            "corrupt JPEG: segment ff%02x of %d bytes at byte %d of %d"
                .formatted(marker, size, at - 2, length));
      }
      at = segment(marker, at, size);
    }
    if (!scanned) {
      throw new IOException("corrupt JPEG: no picture before its end marker");
    }
    put(at - 2, 2);
    byte[] colour = header.components() == 3 && isRgb() ? RGB : YCC;
    begin = START - 2 - colour.length;
    out[begin] = (byte) 0xff;
    out[begin + 1] = (byte) 0xd8;
    System.arraycopy(colour, 0, out, begin + 2, colour.length);
  }

  /** Position behind the next marker. */
  private int marker(int from) throws IOException {
    int at = from;
    if (at < length && in[at] != -1) {
      throw new IOException("corrupt JPEG: no marker at byte " + at);
    }
    while (at < length && in[at] == -1) {
      at++; // any number of fill bytes
    }
    if (at >= length) {
      throw new IOException("JPEG ends early: no end marker in " + length + " bytes");
    }
    return at + 1;
  }

  /** Takes a segment whose size stands at a position; returns the position behind it. */
  private int segment(int marker, int at, int size) throws IOException {
    int end = at + size;
    switch (marker) {
      case 0xc0, 0xc1, 0xc2 -> {
        frame(at, size);
        progressive = marker == 0xc2;
        put(at - 2, size + 2);
      }
      case 0xc4, 0xdb, 0xdd -> put(at - 2, size + 2); // tables, restart interval
      case SCAN -> {
        return scan(at, size);
      }
      case JFIF -> jfif |= size >= 16 && ascii(at + 2, "JFIF\0");
      case ADOBE -> {
        if (size >= 14 && ascii(at + 2, "Adobe")) {
          transform = in[at + 13] & 0xff;
        }
      }
      default -> {
        if (marker < 0xe0 || marker == 0xff || (marker > 0xef && marker != 0xfe)) {
          throw new IOException(
              "JPEG has the marker ff%02x at byte %d, wanted a baseline or progressive one"
                  .formatted(marker, at - 2));
        }
      }
    }
    return end;
  }

  private void frame(int at, int size) throws IOException {
    if (header != null || size < 8 || size != 8 + 3 * in[at + 7]) {
      throw new IOException("corrupt JPEG: frame header of " + size + " bytes at byte " + (at - 2));
    }
    if (in[at + 2] != 8) {
      throw new IOException("JPEG has samples of " + in[at + 2] + " bits, wanted 8");
    }
    header = new JpegHeader(u16(at + 3), u16(at + 5), in[at + 7]);
    rgbNumbers =
        header.components() == 3 && in[at + 8] == 'R' && in[at + 11] == 'G' && in[at + 14] == 'B';
  }

  /** Takes a scan and its data; returns the position of the marker behind them. */
  private int scan(int at, int size) throws IOException {
    if (header == null) {
      throw new IOException("corrupt JPEG: a scan before the frame header");
    }
    scanned = true;
    put(at - 2, size + 2);
    if (!progressive && size >= 6) {
      // These only mean something in progressive files; some cameras write others.
      out[filled - 3] = 0;
      out[filled - 2] = 63;
      out[filled - 1] = 0;
    }
    int from = at + size;
    int end = from;
    while (end + 1 < length) {
      if (in[end] != -1) {
        end++;
        continue;
      }
      int next = in[end + 1] & 0xff;
      if (next != 0 && next != 0xff && (next < 0xd0 || next > 0xd7)) {
        put(from, end - from);
        return end;
      }
      end += next == 0xff ? 1 : 2;
    }
    throw new IOException("JPEG ends early: no end marker in " + length + " bytes");
  }

  private boolean isRgb() {
    return !jfif && (transform >= 0 ? transform == 0 : rgbNumbers);
  }

  private boolean ascii(int at, String text) {
    for (int i = 0; i < text.length(); i++) {
      if (in[at + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private void put(int from, int count) {
    if (out.length - filled < count) {
      out = Arrays.copyOf(out, Math.max(2 * out.length, filled + count));
    }
    System.arraycopy(in, from, out, filled, count);
    filled += count;
  }

  private int u16(int at) {
    return (in[at] & 0xff) << 8 | (in[at + 1] & 0xff);
  }

  /** The stream of the file read last; valid until the next one is read. */
  ByteBuffer bytes() {
    return ByteBuffer.wrap(out, begin, filled - begin);
  }
}
