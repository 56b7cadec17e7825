package ffc.exchange.hazelcast;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/**
 * What a trainer says while it waits for the next epoch.
 *
 * @param step steps it has applied; -1 = it has no state
 * @param hash hash of its group
 * @param seenEpoch number of the last plan it knows of: older reports than the plan are stale
 */
record Report(String incarnation, long step, long hash, long seenEpoch) {
  byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeUTF(incarnation);
      out.writeLong(step);
      out.writeLong(hash);
      out.writeLong(seenEpoch);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static Report of(ByteBuffer payload) {
    try (DataInputStream in = Streams.of(payload)) {
      return new Report(in.readUTF(), in.readLong(), in.readLong(), in.readLong());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
