package ffc.formats.proto;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.LongConsumer;

/**
 * Walks the fields of a message of protocol buffers:
 *
 * <pre>
 * while (fields.next()) {
 *   switch (fields.number()) { case 7 -> graph(fields.bytes()); ... }
 * }
 * </pre>
 *
 * <p>Values of a field that nobody asks for are passed over.
 */
public final class ProtoFields {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final ByteBuffer message;
  private int number;
  private int type;
  private long value;
  private ByteBuffer bytes;

  /**
   * @param message from its position to its limit; not moved
   */
  public ProtoFields(ByteBuffer message) {
    this.message = message.slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Goes to the next field.
   *
   * @return false at the end
   * @throws IllegalArgumentException if the message is cut or no message
   */
  public boolean next() {
    if (!message.hasRemaining()) {
      return false;
    }
    long key = varint(message);
    number = (int) (key >>> 3);
    type = (int) (key & 7);
    bytes = null;
    switch (type) {
      case VARINT -> value = varint(message);
      case FIXED64 -> bytes = take(8);
      case BYTES -> {
        long length = varint(message);
        bytes = take(length);
      }
      case FIXED32 -> bytes = take(4);
      default -> throw bad("a field of type " + type);
    }
    return true;
  }

  /** Number of the field. */
  public int number() {
    return number;
  }

  /** An int64, int32 or enum. */
  public long integer() {
    if (type != VARINT) {
      throw bad("field " + number + " of type " + type + ", wanted an integer");
    }
    return value;
  }

  /** Bytes, a text or a message; little-endian. */
  public ByteBuffer bytes() {
    if (type != BYTES) {
      throw bad("field " + number + " of type " + type + ", wanted bytes");
    }
    return bytes;
  }

  /** Integers of a repeated field, which come packed or one by one. */
  public void integers(LongConsumer each) {
    if (type == VARINT) {
      each.accept(value);
      return;
    }
    ByteBuffer packed = bytes();
    while (packed.hasRemaining()) {
      each.accept(varint(packed));
    }
  }

  /** A float. */
  public float number32() {
    if (type != FIXED32) {
      throw bad("field " + number + " of type " + type + ", wanted a float");
    }
    return bytes.getFloat(0);
  }

  /** The 4-byte values of a repeated field, which come packed or one by one. */
  public ByteBuffer fixed32() {
    if (type != FIXED32 && type != BYTES || bytes.remaining() % 4 != 0) {
      throw bad("field " + number + " of type " + type + ", wanted floats");
    }
    return bytes;
  }

  private ByteBuffer take(long length) {
    if (length < 0 || length > message.remaining()) {
      throw bad("a field of " + length + " bytes, " + message.remaining() + " are left");
    }
    ByteBuffer taken =
        message.slice(message.position(), (int) length).order(ByteOrder.LITTLE_ENDIAN);
    message.position(message.position() + (int) length);
    return taken;
  }

  private static long varint(ByteBuffer from) {
    long number = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (!from.hasRemaining()) {
        throw bad("a number without an end");
      }
      byte next = from.get();
      number |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return number;
      }
    }
    throw bad("a number of more than 64 bits");
  }

  private static IllegalArgumentException bad(String what) {
    return new IllegalArgumentException("got " + what + ": damaged, or no ONNX model");
  }
}
