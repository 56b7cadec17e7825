package ffc.loaders.remote;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;

/**
 * Reads by position from a remote object, through {@link Blocks}. Whoever reads block after block
 * has the next ones fetched ahead, the more the longer it goes on; several may do so at once. A
 * single record of an object that memory does not take is fetched by itself: its block would be
 * gone before another read wants it.
 */
final class RemoteChannel extends FileChannel {
  private static final int STREAMS = 16;

  /** Most blocks ahead of a reader. */
  private static final int MOST_AHEAD = 2 * Blocks.AT_ONCE;

  /** Longest read that is fetched by itself. */
  private static final int MOST_ALONE = Blocks.BYTES / 4;

  private final RemoteObject object;
  private final long[] at = new long[STREAMS]; // block that a stream is in
  private final long[] through = new long[STREAMS]; // last block that was asked for
  private final int[] ahead = new int[STREAMS];
  private int next;
  private long position; // under the lock of this

  RemoteChannel(RemoteObject object) {
    this.object = object;
    Arrays.fill(at, -2);
  }

  @Override
  public int read(ByteBuffer into, long from) throws IOException {
    if (!isOpen()) {
      throw new ClosedChannelException();
    }
    if (from >= object.length()) {
      return -1;
    }
    int length = (int) Math.min(into.remaining(), object.length() - from);
    if (isAlone(from, length)) {
      return alone(into, from, length);
    }
    for (int done = 0; done < length; ) {
      long number = (from + done) / Blocks.BYTES;
      int skip = (int) ((from + done) % Blocks.BYTES);
      byte[] block;
      try {
        block = Blocks.shared().get(object, number, through(number));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ClosedByInterruptException();
      }
      int part = Math.min(length - done, block.length - skip);
      into.put(block, skip, part);
      done += part;
    }
    return length;
  }

  /** Whether nobody reads around a range that is a small part of what cannot be kept. */
  private boolean isAlone(long from, int length) {
    if (length > MOST_ALONE || Blocks.shared().takesAll(object)) {
      return false;
    }
    long first = from / Blocks.BYTES;
    long last = (from + length - 1) / Blocks.BYTES;
    if (Blocks.shared().has(object, first) || Blocks.shared().has(object, last)) {
      return false;
    }
    synchronized (this) {
      for (long block : at) {
        if (block == first || block + 1 == first) {
          return false;
        }
      }
      begin(last);
    }
    return true;
  }

  private int alone(ByteBuffer into, long from, int length) throws ClosedByInterruptException {
    byte[] bytes = new byte[length];
    int[] filled = {0};
    try {
      Blocks.shared()
          .requests()
          .fetch(
              object,
              from,
              from + length,
              part -> {
                int more = part.remaining();
                part.get(bytes, filled[0], more);
                filled[0] += more;
              });
    } catch (RemoteException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw new ClosedByInterruptException();
      }
      throw e;
    }
    into.put(bytes);
    return length;
  }

  /** Notes a reader that may go on behind a block. */
  private void begin(long number) {
    at[next] = number;
    through[next] = number;
    ahead[next] = 1;
    next = (next + 1) % STREAMS;
  }

  /** The last block to ask for, by a read of this one. */
  private synchronized long through(long number) {
    for (int i = 0; i < STREAMS; i++) {
      if (at[i] == number) {
        return number;
      }
      if (at[i] + 1 == number) {
        at[i] = number;
        ahead[i] = Math.min(2 * ahead[i], MOST_AHEAD);
        if (through[i] >= number + ahead[i] / 2) {
          return number;
        }
        long last = (object.length() - 1) / Blocks.BYTES;
        through[i] = Math.min(last, number + ahead[i]);
        return Math.max(number, through[i]);
      }
    }
    begin(number);
    return number;
  }

  @Override
  public long size() {
    return object.length();
  }

  @Override
  public synchronized int read(ByteBuffer into) throws IOException {
    int read = read(into, position);
    position += Math.max(0, read);
    return read;
  }

  @Override
  public long read(ByteBuffer[] into, int from, int count) throws IOException {
    long sum = 0;
    for (int i = from; i < from + count; i++) {
      int read = into[i].hasRemaining() ? read(into[i]) : 0;
      if (read < 0) {
        return sum == 0 ? -1 : sum;
      }
      sum += read;
    }
    return sum;
  }

  @Override
  public synchronized long position() {
    return position;
  }

  @Override
  public synchronized FileChannel position(long to) {
    position = to;
    return this;
  }

  /** A map of a copy on this machine's disk: for lists, which are walked or looked into. */
  @Override
  public MappedByteBuffer map(MapMode mode, long from, long length) throws IOException {
    return LocalCopies.of(object).map(mode, from, length);
  }

  @Override
  public long transferTo(long from, long count, WritableByteChannel to) throws IOException {
    ByteBuffer part = ByteBuffer.allocate((int) Math.min(count, Blocks.BYTES));
    return read(part, from) < 0 ? 0 : to.write(part.flip());
  }

  @Override
  public void force(boolean metaData) {}

  @Override
  public FileLock lock(long from, long size, boolean shared) {
    throw new NonWritableChannelException();
  }

  @Override
  public FileLock tryLock(long from, long size, boolean shared) {
    throw new NonWritableChannelException();
  }

  @Override
  public int write(ByteBuffer from) {
    throw new NonWritableChannelException();
  }

  @Override
  public long write(ByteBuffer[] from, int first, int count) {
    throw new NonWritableChannelException();
  }

  @Override
  public int write(ByteBuffer from, long at) {
    throw new NonWritableChannelException();
  }

  @Override
  public FileChannel truncate(long size) {
    throw new NonWritableChannelException();
  }

  @Override
  public long transferFrom(ReadableByteChannel from, long at, long count) {
    throw new NonWritableChannelException();
  }

  @Override
  protected void implCloseChannel() {}
}
