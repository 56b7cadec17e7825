package ffc.loaders.image;

import ffc.loaders.data.ImageShape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Decodes PNG without allocating per image: gray, RGB and palette of 1 to 16 bits, whole or
 * interlaced. Samples are taken as they are stored, the upper 8 bits of 16; alpha, gamma and colour
 * profiles are left out. The checksums of all critical chunks and of the pixel stream are verified.
 */
final class PngDecoder {
  private static final int IHDR = 0x49484452;
  private static final int PLTE = 0x504c5445;
  private static final int IDAT = 0x49444154;
  private static final int IEND = 0x49454e44;
  private static final long SIGNATURE = 0x89504e470d0a1a0aL;

  /** One part of an image: first column and row, distance of columns and rows. */
  private record Pass(int x, int y, int dx, int dy) {
    int width(ImageShape shape) {
      return Math.max(0, (shape.width() - x + dx - 1) / dx);
    }

    int height(ImageShape shape) {
      return Math.max(0, (shape.height() - y + dy - 1) / dy);
    }
  }

  private static final Pass[] WHOLE = {new Pass(0, 0, 1, 1)};
  private static final Pass[] ADAM7 = {
    new Pass(0, 0, 8, 8),
    new Pass(4, 0, 8, 8),
    new Pass(0, 4, 4, 8),
    new Pass(2, 0, 4, 4),
    new Pass(0, 2, 2, 4),
    new Pass(1, 0, 2, 2),
    new Pass(0, 1, 1, 2)
  };

  private final Inflater inflater = new Inflater();
  private final CRC32 crc = new CRC32();
  private final byte[] palette = new byte[256 * 3];
  private byte[] raw = new byte[0];
  private byte[] pixels = new byte[0];

  /** Lets go of the buffers. */
  void trim() {
    raw = new byte[0];
    pixels = new byte[0];
  }

  /** Height and width in the header. */
  static int[] size(ByteBuffer encoded) throws IOException {
    int at = encoded.position();
    if (encoded.remaining() < 33 || be(encoded, at + 12) != IHDR) {
      throw new IOException("corrupt PNG: no header in " + encoded.remaining() + " bytes");
    }
    return new int[] {be(encoded, at + 20), be(encoded, at + 16)};
  }

  void decode(ByteBuffer encoded, ImageShape shape, Pixels out) throws IOException {
    int[] size = size(encoded);
    int start = encoded.position();
    if (((long) be(encoded, start) << 32 | (be(encoded, start + 4) & 0xffffffffL)) != SIGNATURE) {
      throw new IOException("corrupt PNG: damaged signature");
    }
    checkChunk(encoded, start + 8, 13);
    ImageDecoder.checkSize(size[0], size[1], shape);
    int depth = encoded.get(start + 24);
    int type = encoded.get(start + 25);
    Pass[] passes =
        switch (encoded.get(start + 28)) {
          case 0 -> WHOLE;
          case 1 -> ADAM7;
          default -> throw new IOException("corrupt PNG: interlacing " + encoded.get(start + 28));
        };
    int samples = samples(type);
    boolean known =
        switch (depth) {
          case 1, 2, 4 -> type == 0 || type == 3;
          case 8 -> true;
          case 16 -> type != 3;
          default -> false;
        };
    if (!known) {
      throw new IOException("corrupt PNG: colour type " + type + " with " + depth + " bits");
    }
    int rawBytes = 0;
    for (Pass pass : passes) {
      int row = rowBytes(pass.width(shape), samples * depth);
      rawBytes =
          Math.addExact(rawBytes, row == 0 ? 0 : Math.multiplyExact(pass.height(shape), row + 1));
    }
    if (raw.length < rawBytes) {
      raw = new byte[rawBytes];
    }
    int colours = inflate(encoded, start + 33, rawBytes);
    if (type == 3 && colours == 0) {
      throw new IOException("corrupt PNG: palette image without a palette");
    }
    boolean gray = type == 0 || type == 4;
    int area = Math.multiplyExact(shape.height(), shape.width());
    if (pixels.length < area * (gray ? 1 : 3)) {
      pixels = new byte[Math.multiplyExact(area, gray ? 1 : 3)];
    }
    int from = 0;
    for (Pass pass : passes) {
      int row = rowBytes(pass.width(shape), samples * depth);
      if (row > 0) {
        int height = pass.height(shape);
        PngFilters.undo(raw, from, height, row, Math.max(1, samples * depth / 8));
        for (int r = 0; r < height; r++) {
          expand(shape, pass, r, from + r * (row + 1) + 1, depth, type, colours);
        }
        from += height * (row + 1);
      }
    }
    if (gray) {
      out.gray(pixels, shape);
    } else {
      out.colours(pixels, 0, shape);
    }
  }

  private static int rowBytes(int width, int pixelBits) {
    return Math.toIntExact(((long) width * pixelBits + 7) / 8);
  }

  private static int samples(int type) throws IOException {
    return switch (type) {
      case 0, 3 -> 1;
      case 2 -> 3;
      case 4 -> 2;
      case 6 -> 4;
      default -> throw new IOException("corrupt PNG: colour type " + type);
    };
  }

  /** Walks the chunks, filling {@link #raw} and the palette; returns the number of colours. */
  private int inflate(ByteBuffer encoded, int from, int rawBytes) throws IOException {
    int colours = 0;
    int filled = 0;
    int at = from;
    inflater.reset();
    try {
      while (true) {
        if (encoded.limit() - at < 12) {
          throw new IOException("PNG ends early: no IEND in " + encoded.remaining() + " bytes");
        }
        int length = be(encoded, at);
        int chunk = be(encoded, at + 4);
        if (length < 0 || length > encoded.limit() - at - 12) {
          throw new IOException(
              "corrupt PNG: chunk of %d bytes at byte %d of %d"
                  .formatted(length & 0xffffffffL, at - encoded.position(), encoded.remaining()));
        }
        if (chunk == PLTE || chunk == IDAT || chunk == IEND) {
          checkChunk(encoded, at, length);
        }
        if (chunk == PLTE) {
          colours = Math.min(256, length / 3);
          encoded.get(at + 8, palette, 0, colours * 3);
        } else if (chunk == IDAT) {
          inflater.setInput(encoded.slice(at + 8, length));
          filled += inflater.inflate(raw, filled, rawBytes - filled);
        } else if (chunk == IEND) {
          break;
        }
        at += 12 + length;
      }
      if (filled < rawBytes) {
        throw new IOException("corrupt PNG: " + filled + " bytes of pixels, wanted " + rawBytes);
      }
    } catch (DataFormatException e) {
      throw new IOException("corrupt PNG: " + e.getMessage(), e);
    }
    return colours;
  }

  private void checkChunk(ByteBuffer encoded, int at, int length) throws IOException {
    if (be(encoded, at) != length) {
      throw new IOException("corrupt PNG: header chunk of " + be(encoded, at) + " bytes");
    }
    crc.reset();
    crc.update(encoded.slice(at + 4, length + 4));
    int want = be(encoded, at + 8 + length);
    if ((int) crc.getValue() != want) {
      throw new IOException(
          "corrupt PNG: chunk at byte %d has checksum %08x, wanted %08x"
              .formatted(at - encoded.position(), (int) crc.getValue(), want));
    }
  }

  /** Writes one row of a pass into the pixels, as gray or RGB of 8 bits. */
  private void expand(
      ImageShape shape, Pass pass, int passRow, int row, int depth, int type, int colours)
      throws IOException {
    int width = pass.width(shape);
    int samples = samples(type);
    int out = type == 0 || type == 4 ? 1 : 3;
    int p = ((pass.y() + passRow * pass.dy()) * shape.width() + pass.x()) * out;
    int next = pass.dx() * out;
    if (depth < 8 || type == 3) {
      int scale = depth < 8 ? 255 / ((1 << depth) - 1) : 1;
      int mask = (1 << depth) - 1;
      for (int c = 0; c < width; c++, p += next) {
        int bit = c * depth;
        int value = (raw[row + (bit >> 3)] >> (8 - depth - (bit & 7))) & mask;
        if (type == 0) {
          pixels[p] = (byte) (value * scale);
        } else {
          if (value >= colours) {
            throw new IOException("corrupt PNG: colour " + value + " of " + colours);
          }
          pixels[p] = palette[3 * value];
          pixels[p + 1] = palette[3 * value + 1];
          pixels[p + 2] = palette[3 * value + 2];
        }
      }
    } else if (samples == 1 && depth == 8 && next == 1) {
      System.arraycopy(raw, row, pixels, p, width);
    } else {
      int wide = depth / 8;
      int from = row;
      for (int c = 0; c < width; c++, p += next, from += samples * wide) {
        for (int s = 0; s < out; s++) {
          pixels[p + s] = raw[from + s * wide];
        }
      }
    }
  }

  private static int be(ByteBuffer bytes, int at) {
    return (bytes.get(at) & 0xff) << 24
        | (bytes.get(at + 1) & 0xff) << 16
        | (bytes.get(at + 2) & 0xff) << 8
        | (bytes.get(at + 3) & 0xff);
  }
}
