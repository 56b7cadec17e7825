package ffc.loaders.format;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The protobuf message {@code Datum { optional bytes data = 1 }}; other fields are passed over. */
final class Datum {
  private Datum() {}

  /** The data field: a slice of the message. */
  static ByteBuffer data(ByteBuffer message) throws IOException {
    int end = message.limit();
    ByteBuffer in = message.duplicate();
    ByteBuffer data = null;
    while (in.position() < end) {
      long tag = varint(in);
      switch ((int) (tag & 7)) {
        case 0 -> varint(in);
        case 1 -> skip(in, 8);
        case 2 -> {
          long length = varint(in);
          int at = in.position();
          skip(in, length);
          if (tag >>> 3 == 1) {
            data = message.slice(at, (int) length);
          }
        }
        case 5 -> skip(in, 4);
        default -> throw new IOException("value is no Datum message: wire type " + (tag & 7));
      }
    }
    if (data == null) {
      throw new IOException("value is a Datum message without data");
    }
    return data;
  }

  private static void skip(ByteBuffer in, long count) throws IOException {
    if (count < 0 || count > in.remaining()) {
      throw new IOException(
          "value is no Datum message: a field of %d bytes, %d left"
              .formatted(count, in.remaining()));
    }
    in.position(in.position() + (int) count);
  }

  private static long varint(ByteBuffer in) throws IOException {
    long value = 0;
    for (int shift = 0; shift < 64 && in.hasRemaining(); shift += 7) {
      byte b = in.get();
      value |= (b & 0x7fL) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw new IOException("value is no Datum message: a number without end");
  }
}
