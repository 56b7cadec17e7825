package ffc.loaders.remote;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Blocks of remote objects in memory, those being fetched among them; the one that was not used for
 * longest goes first. One for all objects, so that its bound is the program's. What is read ahead
 * must be there when its turn comes, which an order by frequency of use would not keep.
 */
public final class Blocks {
  /** Length of a block, the last one of an object may be shorter. */
  static final int BYTES = 1 << 18;

  /** Most blocks of one request. */
  static final int AT_ONCE = 8;

  private static final int CONNECTIONS = 16;
  private static final long MOST_BYTES = 256L << 20;

  private static Blocks shared;

  private record Key(RemoteObject object, long number) {}

  private final Requests requests;
  private final int most;
  private final ThreadPoolExecutor fetchers;
  private final LinkedHashMap<Key, CompletableFuture<byte[]>> kept =
      new LinkedHashMap<>(16, 0.75f, true); // under its own lock

  /**
   * @param most blocks kept
   */
  Blocks(Requests requests, int most) {
    this.requests = requests;
    this.most = most;
    this.fetchers =
        new ThreadPoolExecutor(
            CONNECTIONS,
            CONNECTIONS,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "remote");
              thread.setDaemon(true);
              return thread;
            });
    fetchers.allowCoreThreadTimeOut(true);
  }

  /** Bytes of remote objects that this process keeps at most: 256 MiB, or a quarter of its heap. */
  public static long mostBytes() {
    return Math.min(MOST_BYTES, Runtime.getRuntime().maxMemory() / 4);
  }

  static synchronized Blocks shared() {
    if (shared == null) {
      Access access = new Access(System.getenv(Access.VARIABLE));
      Requests requests = new Requests(Patience.USUAL, access, System.err::println);
      shared = new Blocks(requests, Math.toIntExact(mostBytes() / BYTES));
    }
    return shared;
  }

  /** Puts others in the place of the shared ones, for tests; null for the usual ones. */
  static synchronized void share(Blocks blocks) {
    shared = blocks;
  }

  Requests requests() {
    return requests;
  }

  /** Whether there is room for all of an object. */
  boolean takesAll(RemoteObject object) {
    return object.length() <= (long) most * BYTES;
  }

  /** Whether a block is there or on its way. */
  boolean has(RemoteObject object, long number) {
    synchronized (kept) {
      return kept.containsKey(new Key(object, number));
    }
  }

  /**
   * The bytes of a block; waits until they are there.
   *
   * @param through last block to fetch if it is not there, at least {@code number}; not waited for
   * @throws RemoteException if they cannot be fetched
   */
  byte[] get(RemoteObject object, long number, long through) throws InterruptedException {
    CompletableFuture<byte[]> block;
    List<Run> missing = new ArrayList<>();
    synchronized (kept) {
      for (long at = through; at > number; at--) { // this one last: it is the one just used
        want(object, at, missing);
      }
      block = want(object, number, missing);
      trim();
    }
    for (int i = missing.size() - 1; i >= 0; i--) {
      fetchers.execute(missing.get(i));
    }
    try {
      return block.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RemoteException failure) {
        throw new RemoteException(failure.getMessage()); // with the stack of whoever waits
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** A block that is there or on its way; runs grow towards the front. */
  private CompletableFuture<byte[]> want(RemoteObject object, long number, List<Run> missing) {
    Key key = new Key(object, number);
    CompletableFuture<byte[]> found = kept.get(key);
    if (found != null) {
      return found;
    }
    CompletableFuture<byte[]> block = new CompletableFuture<>();
    kept.put(key, block);
    Run last = missing.isEmpty() ? null : missing.get(missing.size() - 1);
    if (last != null && last.first == number + 1 && last.blocks.size() < AT_ONCE) {
      last.first = number;
      last.blocks.add(0, block);
    } else {
      missing.add(new Run(object, number, block));
    }
    return block;
  }

  private void trim() {
    Iterator<Map.Entry<Key, CompletableFuture<byte[]>>> oldest = kept.entrySet().iterator();
    while (kept.size() > most) {
      oldest.next();
      oldest.remove();
    }
  }

  /** Blocks that follow each other, fetched by one request. */
  private final class Run implements Runnable {
    private final RemoteObject object;
    private final List<CompletableFuture<byte[]>> blocks = new ArrayList<>();
    private long first;
    private int filled;
    private ByteBuffer current;

    Run(RemoteObject object, long first, CompletableFuture<byte[]> block) {
      this.object = object;
      this.first = first;
      this.blocks.add(block);
    }

    @Override
    public void run() {
      try {
        long from = first * BYTES;
        long to = Math.min(object.length(), from + (long) blocks.size() * BYTES);
        requests.fetch(object, from, to, this::take);
      } catch (Throwable e) { // whoever waits hears of it
        synchronized (kept) {
          for (int i = filled; i < blocks.size(); i++) {
            kept.remove(new Key(object, first + i), blocks.get(i));
          }
        }
        blocks.forEach(block -> block.completeExceptionally(e));
      }
    }

    private void take(ByteBuffer bytes) {
      while (bytes.hasRemaining()) {
        if (current == null) {
          long rest = object.length() - (first + filled) * BYTES;
          current = ByteBuffer.allocate((int) Math.min(BYTES, rest));
        }
        int length = Math.min(bytes.remaining(), current.remaining());
        current.put(bytes.slice(bytes.position(), length));
        bytes.position(bytes.position() + length);
        if (!current.hasRemaining()) {
          blocks.get(filled++).complete(current.array());
          current = null;
        }
      }
    }
  }
}
