package ffc.formats.proto;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A message of protocol buffers in the making: fields in the order they are added, as
 * https://protobuf.dev/programming-guides/encoding describes. Enough for event files of TensorBoard
 * and for ONNX; data that is added is kept, not copied.
 */
public final class ProtoMessage {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final List<ByteBuffer> before = new ArrayList<>();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** An int64, int32 or enum. */
  public ProtoMessage integer(int field, long value) {
    key(field, VARINT);
    varint(value);
    return this;
  }

  /** A double. */
  public ProtoMessage doubleValue(int field, double value) {
    key(field, FIXED64);
    bytes.writeBytes(little(Double.BYTES).putDouble(value).array());
    return this;
  }

  /** A float. */
  public ProtoMessage floatValue(int field, float value) {
    key(field, FIXED32);
    bytes.writeBytes(little(Float.BYTES).putFloat(value).array());
    return this;
  }

  /** A string. */
  public ProtoMessage text(int field, String value) {
    return data(field, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)));
  }

  /** A message as it is now. */
  public ProtoMessage message(int field, ProtoMessage value) {
    key(field, BYTES);
    varint(value.size());
    value.parts().forEach(this::add);
    return this;
  }

  /**
   * Bytes.
   *
   * @param value not to be changed until the message is written
   */
  public ProtoMessage data(int field, ByteBuffer value) {
    key(field, BYTES);
    varint(value.remaining());
    add(value);
    return this;
  }

  /** Length in bytes. */
  public long size() {
    return before.stream().mapToLong(ByteBuffer::remaining).sum() + bytes.size();
  }

  /** All of it. */
  public byte[] toByteArray() {
    ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(size()));
    parts().forEach(part -> all.put(part.duplicate()));
    return all.array();
  }

  /** Writes all of it at the channel's position. */
  public void writeTo(FileChannel channel) throws IOException {
    for (ByteBuffer part : parts()) {
      ByteBuffer rest = part.duplicate();
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
    }
  }

  private void add(ByteBuffer value) {
    before.add(ByteBuffer.wrap(bytes.toByteArray()));
    before.add(value);
    bytes.reset();
  }

  private List<ByteBuffer> parts() {
    List<ByteBuffer> parts = new ArrayList<>(before);
    parts.add(ByteBuffer.wrap(bytes.toByteArray()));
    return parts;
  }

  private void key(int field, int type) {
    varint((long) field << 3 | type);
  }

  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes.write((int) (rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    bytes.write((int) rest);
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
