package ffc.exchange.hazelcast;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.nio.ByteBuffer;

/** Views of buffers. */
final class Streams {
  private Streams() {}

  /** The rest of a heap buffer. */
  static DataInputStream of(ByteBuffer buffer) {
    return new DataInputStream(
        new ByteArrayInputStream(
            buffer.array(), buffer.arrayOffset() + buffer.position(), buffer.remaining()));
  }
}
