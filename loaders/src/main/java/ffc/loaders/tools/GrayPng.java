package ffc.loaders.tools;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Writes gray PNG of 4 or 8 bits. */
final class GrayPng {
  private static final long SIGNATURE = 0x89504e470d0a1a0aL;

  private GrayPng() {}

  /**
   * Encodes an image.
   *
   * @param levels height·width gray levels of the given number of bits, one a byte
   */
  static ByteBuffer encode(byte[] levels, int height, int width, int bits) {
    int rowBytes = (width * bits + 7) / 8;
    byte[] rows = new byte[height * (rowBytes + 1)];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int at = y * (rowBytes + 1) + 1 + x * bits / 8;
        int shift = bits == 8 ? 0 : 4 * (1 - x % 2);
        rows[at] |= (byte) (levels[y * width + x] << shift);
      }
    }
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
    deflater.setInput(rows);
    deflater.finish();
    byte[] packed = new byte[rows.length + rows.length / 1000 + 64];
    int length = deflater.deflate(packed);
    deflater.end();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(ByteBuffer.allocate(8).putLong(SIGNATURE).array());
    ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(height).put((byte) bits);
    chunk(out, "IHDR", header.array(), 13);
    chunk(out, "IDAT", packed, length);
    chunk(out, "IEND", packed, 0);
    return ByteBuffer.wrap(out.toByteArray());
  }

  private static void chunk(ByteArrayOutputStream out, String type, byte[] data, int length) {
    ByteBuffer chunk = ByteBuffer.allocate(12 + length).putInt(length);
    chunk.put(type.getBytes(StandardCharsets.US_ASCII)).put(data, 0, length);
    CRC32 crc = new CRC32();
    crc.update(chunk.array(), 4, 4 + length);
    out.writeBytes(chunk.putInt((int) crc.getValue()).array());
  }
}
