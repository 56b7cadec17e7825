package ffc.loaders.source;

import ffc.loaders.image.ImageFormat;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * How an LMDB value holds its image: the bare encoded bytes, or a protobuf message of either form.
 *
 * <pre>
 * the FFC reference code's   Datum { optional bytes data = 1 }
 * Caffe's                    Datum { optional int32 channels = 1, height = 2, width = 3;
 *                                    optional bytes data = 4;  optional bool encoded = 7 }
 * </pre>
 *
 * Other fields are passed over. Caffe's raw pixels are refused.
 */
final class Datum {
  private Datum() {}

  /** The encoded image: a slice of the value. */
  static ByteBuffer image(ByteBuffer value) throws IOException {
    if (beginsAsImages(value)) {
      return value;
    }
    int end = value.limit();
    ByteBuffer in = value.duplicate();
    ByteBuffer data = null;
    ByteBuffer caffe = null;
    boolean encoded = false;
    while (in.position() < end) {
      long tag = varint(in);
      switch ((int) (tag & 7)) {
        case 0 -> encoded = varint(in) != 0 & tag >>> 3 == 7 | encoded;
        case 1 -> skip(in, 8);
        case 2 -> {
          long length = varint(in);
          int at = in.position();
          skip(in, length);
          if (tag >>> 3 == 1) {
            data = value.slice(at, (int) length);
          } else if (tag >>> 3 == 4) {
            caffe = value.slice(at, (int) length);
          }
        }
        case 5 -> skip(in, 4);
        default ->
            throw new IOException(
                "value is neither an image nor a Datum message: wire type " + (tag & 7));
      }
    }
    if (data != null) {
      return data;
    }
    if (caffe == null) {
      throw new IOException("value is a Datum message without data");
    }
    if (!encoded && !beginsAsImages(caffe)) {
      throw new IOException(
          "value is a Caffe Datum of raw pixels, wanted an encoded image (convert_imageset --encoded)");
    }
    return caffe;
  }

  /** Whether bytes begin as images that are read do; no Datum message can. */
  private static boolean beginsAsImages(ByteBuffer bytes) {
    if (bytes.remaining() < 2) {
      return false;
    }
    int mark = (bytes.get(bytes.position()) & 0xff) << 8 | bytes.get(bytes.position() + 1) & 0xff;
    if (mark == 0xffd8 || mark == 0x8950 || mark == 0x424d) {
      return true;
    }
    byte[] head = new byte[Math.min(ImageFormat.HEAD, bytes.remaining())];
    bytes.get(bytes.position(), head);
    return switch (ImageFormat.of(head)) {
      case WEBP, GIF, TIFF -> true;
      default -> false;
    };
  }

  private static void skip(ByteBuffer in, long count) throws IOException {
    if (count < 0 || count > in.remaining()) {
      throw new IOException(
          "value is neither an image nor a Datum message: a field of %d bytes, %d left"
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
    throw new IOException("value is neither an image nor a Datum message: a number without end");
  }
}
