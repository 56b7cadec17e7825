package ffc.loaders.image;

import ffc.loaders.ImageShape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Decodes PNG without allocating per image: gray, RGB and palette of 1 to 16 bits, alpha dropped.
 * The checksums of all critical chunks and of the pixel stream are verified.
 */
final class PngDecoder {
  private static final int IHDR = 0x49484452;
  private static final int PLTE = 0x504c5445;
  private static final int IDAT = 0x49444154;
  private static final int IEND = 0x49454e44;
  private static final long SIGNATURE = 0x89504e470d0a1a0aL;

  private final Inflater inflater = new Inflater();
  private final CRC32 crc = new CRC32();
  private final byte[] palette = new byte[256 * 3];
  private byte[] raw = new byte[0];
  private byte[] pixels = new byte[0];

  /** Height and width in the header. */
  static int[] size(ByteBuffer encoded) throws IOException {
    int at = encoded.position();
    if (encoded.remaining() < 33 || be(encoded, at + 12) != IHDR) {
      throw new IOException("corrupt PNG: no header in " + encoded.remaining() + " bytes");
    }
    return new int[] {be(encoded, at + 20), be(encoded, at + 16)};
  }

  /** Returns false if the image is interlaced, which is left to another decoder. */
  boolean decode(ByteBuffer encoded, ImageShape shape, byte[] planes) throws IOException {
    int[] size = size(encoded);
    int start = encoded.position();
    if (((long) be(encoded, start) << 32 | (be(encoded, start + 4) & 0xffffffffL)) != SIGNATURE) {
      throw new IOException("corrupt PNG: damaged signature");
    }
    checkChunk(encoded, start + 8, 13);
    ImageDecoder.checkSize(size[0], size[1], shape);
    int depth = encoded.get(start + 24);
    int type = encoded.get(start + 25);
    if (encoded.get(start + 28) == 1) {
      return false;
    }
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
    int rowBytes = Math.toIntExact(((long) shape.width() * samples * depth + 7) / 8);
    int rawBytes = Math.multiplyExact(shape.height(), rowBytes + 1);
    if (raw.length < rawBytes) {
      raw = new byte[rawBytes];
    }
    int colours = inflate(encoded, start + 33, rawBytes);
    if (type == 3 && colours == 0) {
      throw new IOException("corrupt PNG: palette image without a palette");
    }
    PngFilters.undo(raw, shape.height(), rowBytes, Math.max(1, samples * depth / 8));
    expand(shape, depth, type, rowBytes, colours, planes);
    return true;
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

  private void expand(
      ImageShape shape, int depth, int type, int rowBytes, int colours, byte[] planes)
      throws IOException {
    int height = shape.height();
    int width = shape.width();
    int samples = samples(type);
    boolean grey = type == 0 || type == 4;
    int out = grey ? 1 : 3;
    if (pixels.length < height * width * out) {
      pixels = new byte[height * width * out];
    }
    int scale = depth < 8 ? 255 / ((1 << depth) - 1) : 1;
    int mask = (1 << Math.min(8, depth)) - 1;
    int step = samples * Math.max(1, depth / 8);
    int p = 0;
    for (int r = 0; r < height; r++) {
      int row = r * (rowBytes + 1) + 1;
      if (depth < 8 || type == 3) {
        for (int c = 0; c < width; c++) {
          int bit = c * depth;
          int value = (raw[row + (bit >> 3)] >> (8 - depth - (bit & 7))) & mask;
          if (type == 0) {
            pixels[p++] = (byte) (value * scale);
          } else {
            if (value >= colours) {
              throw new IOException("corrupt PNG: colour " + value + " of " + colours);
            }
            pixels[p++] = palette[3 * value];
            pixels[p++] = palette[3 * value + 1];
            pixels[p++] = palette[3 * value + 2];
          }
        }
      } else if (grey && step == 1) {
        System.arraycopy(raw, row, pixels, p, width);
        p += width;
      } else {
        int wide = depth / 8;
        for (int c = 0; c < width; c++, row += step) {
          for (int s = 0; s < out; s++) {
            pixels[p++] = raw[row + s * wide];
          }
        }
      }
    }
    if (grey) {
      Planes.fromGray(pixels, 0, shape, planes);
    } else {
      Planes.fromInterleaved(pixels, 0, 1, 2, shape, planes);
    }
  }

  private static int be(ByteBuffer bytes, int at) {
    return (bytes.get(at) & 0xff) << 24
        | (bytes.get(at + 1) & 0xff) << 16
        | (bytes.get(at + 2) & 0xff) << 8
        | (bytes.get(at + 3) & 0xff);
  }
}
