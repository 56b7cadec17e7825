package ffc.loaders.image;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Image formats told by their first bytes. */
enum ImageFormat {
  PNG,
  JPEG,
  BMP;

  static ImageFormat of(ByteBuffer encoded) throws IOException {
    int length = encoded.remaining();
    int at = encoded.position();
    if (length == 0) {
      throw new IOException("record is empty, wanted an image");
    }
    if (length >= 4) {
      int b0 = encoded.get(at) & 0xff;
      int b1 = encoded.get(at + 1) & 0xff;
      if (b0 == 0x89 && b1 == 'P' && encoded.get(at + 2) == 'N' && encoded.get(at + 3) == 'G') {
        return PNG;
      }
      if (b0 == 0xff && b1 == 0xd8) {
        return JPEG;
      }
      if (b0 == 'B' && b1 == 'M') {
        return BMP;
      }
    }
    StringBuilder found = new StringBuilder();
    for (int i = 0; i < Math.min(4, length); i++) {
      found.append("%02x".formatted(encoded.get(at + i)));
    }
    throw new IOException("not a PNG, JPEG or BMP image: begins with " + found);
  }
}
