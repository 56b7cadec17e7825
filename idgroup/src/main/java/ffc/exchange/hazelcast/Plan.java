package ffc.exchange.hazelcast;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A membership epoch, as the coordinator decides it.
 *
 * @param epoch number, one more than the last
 * @param nonce distinguishes plans of the same number that two coordinators made
 * @param startStep steps applied when it begins
 * @param hash state hash of the replicas when it begins
 * @param source rank whose state the others load
 * @param parts the trainers, by ascending rank
 * @param error why the run cannot go on; empty if it can
 */
record Plan(
    long epoch, long nonce, long startStep, long hash, int source, List<Part> parts, String error) {
  /** No epoch yet. */
  static final Plan NONE = new Plan(0, 0, -1, 0, -1, List.of(), "");

  /**
   * A trainer in the epoch.
   *
   * @param loads whether it must load the source's state
   */
  record Part(int rank, String incarnation, boolean loads) {}

  boolean anyoneLoads() {
    return parts.stream().anyMatch(Part::loads);
  }

  /** Position among the parts, or -1. */
  int positionOf(String incarnation) {
    for (int i = 0; i < parts.size(); i++) {
      if (parts.get(i).incarnation().equals(incarnation)) {
        return i;
      }
    }
    return -1;
  }

  byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeLong(epoch);
      out.writeLong(nonce);
      out.writeLong(startStep);
      out.writeLong(hash);
      out.writeInt(source);
      out.writeInt(parts.size());
      for (Part part : parts) {
        out.writeInt(part.rank());
        out.writeUTF(part.incarnation());
        out.writeBoolean(part.loads());
      }
      out.writeUTF(error);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static Plan of(ByteBuffer payload) {
    try (DataInputStream in = Streams.of(payload)) {
      long epoch = in.readLong();
      long nonce = in.readLong();
      long startStep = in.readLong();
      long hash = in.readLong();
      int source = in.readInt();
      int n = in.readInt();
      List<Part> parts = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        parts.add(new Part(in.readInt(), in.readUTF(), in.readBoolean()));
      }
      return new Plan(epoch, nonce, startStep, hash, source, List.copyOf(parts), in.readUTF());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
