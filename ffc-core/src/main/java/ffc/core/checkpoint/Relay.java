package ffc.core.checkpoint;

import ffc.exchange.GroupExchange;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Objects;

/**
 * Bytes of one trainer on their way to all, chunk by chunk: memory stays bounded whatever travels.
 * Every chunk is a call of the exchange in which all take part, so that while one writes to {@link
 * #to} all others read from {@link #from}, each to the end. An empty chunk ends a stream.
 */
public final class Relay {
  private static final int CHUNK = 1 << 20;

  private Relay() {}

  /** What this trainer gives to the others, who all read it; closing it ends the stream. */
  public static OutputStream to(GroupExchange exchange) {
    return new BufferedOutputStream(new Sender(exchange), CHUNK);
  }

  /** What another trainer writes to {@link #to}; closing it takes in the rest. */
  public static InputStream from(GroupExchange exchange, int rank) {
    return new Receiver(exchange, rank, null);
  }

  /**
   * A stream of one trainer that all read, this one included.
   *
   * @param rank the trainer that has it
   * @param mine the stream, closed with the result; null on the other trainers
   */
  static InputStream shared(GroupExchange exchange, int rank, InputStream mine) {
    return new Receiver(exchange, rank, mine);
  }

  private static final class Sender extends OutputStream {
    private final GroupExchange exchange;

    /** False after the end, and after a failure: that is on its way to the caller already. */
    private boolean open = true;

    Sender(GroupExchange exchange) {
      this.exchange = exchange;
    }

    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
      for (int at = from; at < from + length && open; at += CHUNK) {
        send(Arrays.copyOfRange(bytes, at, Math.min(from + length, at + CHUNK)));
      }
    }

    private void send(byte[] chunk) {
      open = false;
      exchange.meet(chunk);
      open = true;
    }

    @Override
    public void close() {
      if (open) {
        send(new byte[0]);
        open = false;
      }
    }
  }

  private static final class Receiver extends InputStream {
    private final GroupExchange exchange;
    private final int rank;
    private final InputStream mine;
    private byte[] chunk = new byte[0];
    private int at;
    private boolean ended;

    Receiver(GroupExchange exchange, int rank, InputStream mine) {
      this.exchange = exchange;
      this.rank = rank;
      this.mine = mine;
    }

    @Override
    public int read() throws IOException {
      return hasMore() ? chunk[at++] & 0xff : -1;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
      Objects.checkFromIndexSize(from, length, into.length);
      if (length == 0) {
        return 0;
      }
      if (!hasMore()) {
        return -1;
      }
      int n = Math.min(length, chunk.length - at);
      System.arraycopy(chunk, at, into, from, n);
      at += n;
      return n;
    }

    private boolean hasMore() throws IOException {
      if (at == chunk.length && !ended) {
        byte[] next = mine == null ? new byte[0] : mine.readNBytes(CHUNK);
        chunk = exchange.meet(next).get(rank);
        at = 0;
        ended = chunk.length == 0;
      }
      return !ended;
    }

    @Override
    public void close() throws IOException {
      try {
        while (hasMore()) {
          at = chunk.length;
        }
      } finally {
        if (mine != null) {
          mine.close();
        }
      }
    }
  }
}
