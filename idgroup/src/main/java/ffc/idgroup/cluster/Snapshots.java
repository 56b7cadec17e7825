package ffc.idgroup.cluster;

import com.hazelcast.map.IMap;
import ffc.idgroup.EpochEndedException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * States kept in the cluster's memory, each cut into blocks of 1 MiB: block i of snapshot S is at
 * key {@code S/i}, and a header at key {@code S}, written last, makes it whole: {@code step:u64
 * hash:u64 blocks:u32}.
 */
final class Snapshots {
  private static final int BLOCK = 1 << 20;

  private final IMap<String, byte[]> blocks;
  private final Frames frames;

  Snapshots(ClusterMember member) {
    blocks = member.map("snapshots");
    frames = member.frames();
  }

  /** Step and state hash of a whole snapshot. */
  record Header(long step, long hash, int blocks) {}

  /** Writes a state. */
  interface Writer {
    void write(DataOutput out) throws IOException;
  }

  /** Reads a state. */
  interface Reader {
    void read(DataInput in) throws IOException;
  }

  void store(String name, long step, long hash, Writer writer) throws IOException {
    remove(name);
    BlockOutput output = new BlockOutput(name);
    try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(output, BLOCK))) {
      writer.write(out);
    }
    byte[] header =
        ByteBuffer.allocate(20).putLong(step).putLong(hash).putInt(output.count).array();
    blocks.set(name, frames.seal(Frames.SNAPSHOT, 0, -1, 0, 0, header));
  }

  Optional<Header> find(String name) {
    byte[] bytes = blocks.get(name);
    if (bytes == null) {
      return Optional.empty();
    }
    ByteBuffer payload =
        frames.open(bytes, Frames.SNAPSHOT, 0, -1, 0, "snapshot " + name).payload();
    payload.order(java.nio.ByteOrder.BIG_ENDIAN);
    return Optional.of(new Header(payload.getLong(), payload.getLong(), payload.getInt()));
  }

  /**
   * Reads a whole snapshot.
   *
   * @throws IllegalArgumentException if a block is damaged
   * @throws EpochEndedException if a block is missing
   */
  void load(String name, Header header, Reader reader) throws IOException {
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(new BlockInput(name, header.blocks())))) {
      reader.read(in);
    }
  }

  void remove(String name) {
    Optional<Header> header = find(name);
    blocks.delete(name);
    for (int i = 0; header.isPresent() && i < header.get().blocks(); i++) {
      blocks.delete(name + "/" + i);
    }
  }

  private final class BlockOutput extends OutputStream {
    private final String name;
    private int count;

    BlockOutput(String name) {
      this.name = name;
    }

    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
      for (int at = from; at < from + length; at += BLOCK) {
        int n = Math.min(BLOCK, from + length - at);
        ByteBuffer frame = frames.begin(Frames.SNAPSHOT, 0, count, 0, 0, n).put(bytes, at, n);
        blocks.set(name + "/" + count, frames.seal(frame));
        count++;
      }
    }
  }

  private final class BlockInput extends InputStream {
    private final String name;
    private final int count;
    private int next;
    private ByteBuffer block = ByteBuffer.allocate(0);

    BlockInput(String name, int count) {
      this.name = name;
      this.count = count;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int from, int length) {
      if (!block.hasRemaining()) {
        if (next == count) {
          return -1;
        }
        String what = "block " + next + " of snapshot " + name;
        byte[] frame = blocks.get(name + "/" + next);
        if (frame == null) {
          throw new EpochEndedException(what + " was lost with a member");
        }
        block = frames.open(frame, Frames.SNAPSHOT, 0, next, 0, what).payload();
        next++;
      }
      int n = Math.min(length, block.remaining());
      block.get(bytes, from, n);
      return n;
    }
  }
}
