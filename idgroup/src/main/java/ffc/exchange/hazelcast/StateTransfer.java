package ffc.exchange.hazelcast;

import ffc.exchange.EpochEndedException;
import ffc.exchange.Replica;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Hands the state of one trainer of an epoch to those that load it, straight from member to member
 * in blocks of 1 MiB. Whoever has taken a block says so, and no more than a few are under way: no
 * member holds a state in memory, and nothing of it is left when the epoch begins or falls apart.
 */
final class StateTransfer {
  private static final int BLOCK = 1 << 20;
  private static final int UNDER_WAY = 8;
  private static final int LAST = 1;

  private final Epoch epoch;
  private final int source;
  private final List<Integer> loaders;

  /**
   * @param source position of the trainer whose state travels
   * @param loaders positions of those that take it
   */
  StateTransfer(Epoch epoch, int source, List<Integer> loaders) {
    this.epoch = epoch;
    this.source = source;
    this.loaders = loaders;
  }

  /**
   * The source's part.
   *
   * @throws EpochEndedException if a trainer is lost meanwhile
   */
  void send(Replica replica) throws IOException {
    BlockOutput blocks = new BlockOutput();
    try (DataOutputStream out = new DataOutputStream(new BufferedOutputStream(blocks, BLOCK))) {
      replica.save(out);
    }
    blocks.end();
  }

  /**
   * A loader's part.
   *
   * @throws EpochEndedException if a trainer is lost meanwhile
   */
  void load(Replica replica) throws IOException {
    BlockInput blocks = new BlockInput();
    try (DataInputStream in = new DataInputStream(new BufferedInputStream(blocks, BLOCK))) {
      replica.load(in);
      while (in.read() >= 0) {
        // What is left over: the source waits until all of it has been taken.
      }
    }
  }

  private final class BlockOutput extends OutputStream {
    private long sent;

    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
      for (int at = from; at < from + length; at += BLOCK) {
        send(bytes, at, Math.min(BLOCK, from + length - at), 0);
      }
    }

    /** The last block is empty; then waits until all have everything. */
    void end() {
      send(new byte[0], 0, 0, LAST);
      for (long block = Math.max(0, sent - UNDER_WAY); block < sent; block++) {
        awaitTaken(block);
      }
    }

    private void send(byte[] bytes, int from, int length, int flags) {
      if (sent >= UNDER_WAY) {
        awaitTaken(sent - UNDER_WAY);
      }
      ByteBuffer frame = epoch.begin(Frames.STATE, sent, flags, length).put(bytes, from, length);
      byte[] sealed = epoch.frames().seal(frame);
      for (int loader : loaders) {
        epoch.send(loader, sealed);
      }
      sent++;
    }

    private void awaitTaken(long block) {
      for (int loader : loaders) {
        epoch.receive(Frames.TAKEN, block, loader, Epoch.NO_DEADLINE);
      }
    }
  }

  private final class BlockInput extends InputStream {
    private long next;
    private boolean ended;
    private ByteBuffer block = ByteBuffer.allocate(0);

    @Override
    public int read() {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int from, int length) {
      while (!block.hasRemaining()) {
        if (ended) {
          return -1;
        }
        // The source may write its state aside first, however long that takes.
        Frames.Content content = epoch.receive(Frames.STATE, next, source, Epoch.NO_DEADLINE);
        epoch.send(source, epoch.frames().seal(epoch.begin(Frames.TAKEN, next, 0, 0)));
        block = content.payload();
        ended = (content.flags() & LAST) != 0;
        next++;
      }
      int n = Math.min(length, block.remaining());
      block.get(bytes, from, n);
      return n;
    }
  }
}
