package ffc.loaders.image;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Frame header of a JPEG file: size in pixels and number of colour components. */
record JpegHeader(int height, int width, int components) {

  static JpegHeader of(ByteBuffer encoded) throws IOException {
    int at = encoded.position() + 2;
    int end = encoded.limit();
    while (at + 4 <= end) {
      if ((encoded.get(at) & 0xff) != 0xff) {
        throw new IOException("corrupt JPEG: no marker at byte " + (at - encoded.position()));
      }
      int marker = encoded.get(at + 1) & 0xff;
      if (marker == 0xff) {
        at++; // fill byte
        continue;
      }
      if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
        at += 2; // no payload
        continue;
      }
      boolean frame =
          marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
      if (frame && at + 10 <= end) {
        return new JpegHeader(u16(encoded, at + 5), u16(encoded, at + 7), encoded.get(at + 9));
      }
      if (marker == 0xda || marker == 0xd9) {
        break;
      }
      at += 2 + Math.max(2, u16(encoded, at + 2));
    }
    throw new IOException("corrupt JPEG: no frame header in " + encoded.remaining() + " bytes");
  }

  int[] size() {
    return new int[] {height, width};
  }

  private static int u16(ByteBuffer bytes, int at) {
    return (bytes.get(at) & 0xff) << 8 | (bytes.get(at + 1) & 0xff);
  }
}
