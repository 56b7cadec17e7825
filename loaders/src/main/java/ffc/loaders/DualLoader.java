package ffc.loaders;

import ffc.loaders.sample.PairPlan;
import ffc.loaders.sample.PairSampler;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The dual loader of one trainer: pairs from the ID loader and images from the instance loader,
 * zipped into {@link PairBatch}es that worker threads decode ahead of the step. A batch is a pure
 * function of seed, cursor, rank, number of trainers and configuration; it depends neither on the
 * number of workers nor on what was read before.
 *
 * <p>{@link #next} and {@link #close} belong to one thread. At most {@code prefetch} batches are
 * decoded ahead; buffers return to the loader when a batch is closed.
 */
public final class DualLoader implements AutoCloseable {
  private final Dataset data;
  private final ImageShape shape;
  private final int pairs;
  private final int prefetch;
  private final PairSampler sampler;
  private final PairDecoder decoder;
  private final Faults faults;
  private final ExecutorService workers;
  private final Queue<Future<Loaded>> ahead = new ArrayDeque<>();
  private final Queue<ByteBuffer> free = new ConcurrentLinkedQueue<>();
  private final long skippedBefore;
  private CompletableFuture<Cursor> tail;
  private long waitNanos;
  private long batches;
  private volatile boolean closed; // read by the workers

  private record Loaded(PairBatch batch, List<BadDataException> faults) {}

  /**
   * @param data stays the caller's and must outlive the loader
   * @param shape of the decoded images
   * @param seed seed of both orders and all augmentation
   * @param rank this trainer, in [0, trainers)
   * @param trainers number of trainers in lock-step
   * @param start where to begin: {@link Cursor#START} or the {@code next} of the last batch taken
   */
  public DualLoader(
      Dataset data,
      DataConfig config,
      ImageShape shape,
      long seed,
      int rank,
      int trainers,
      Cursor start) {
    this.data = data;
    this.shape = shape;
    this.pairs = config.pairsPerBatch();
    this.prefetch = config.prefetch();
    this.sampler = new PairSampler(data, config, seed, rank, trainers);
    this.faults = new Faults(config.corruptBudget());
    this.decoder = new PairDecoder(data, config, shape);
    this.skippedBefore = start.skipped();
    this.tail = CompletableFuture.completedFuture(start);
    if ((long) pairs * shape.bytes() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a side of %d images of %d bytes exceeds 2 GiB; make data.idsPerBatch smaller"
              .formatted(pairs, shape.bytes()));
    }
    AtomicInteger number = new AtomicInteger();
    this.workers =
        Executors.newFixedThreadPool(
            config.workers(),
            task -> {
              Thread thread = new Thread(task, "loader-r" + rank + "-w" + number.getAndIncrement());
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * The next batch; waits until it is decoded. The caller closes it.
   *
   * @throws BadDataException if an image cannot be read and the policy does not bear it
   */
  public PairBatch next() {
    if (closed) {
      throw new IllegalStateException("the loader is closed, or has failed before");
    }
    while (ahead.size() < prefetch) {
      submit();
    }
    long start = System.nanoTime();
    boolean whole = false;
    try {
      PairBatch batch = counted(ahead.remove().get());
      whole = true;
      return batch;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a batch", e);
    } catch (ExecutionException e) {
      throw rethrow(e.getCause());
    } finally {
      waitNanos += System.nanoTime() - start;
      closed = !whole; // going on would leave a batch out
    }
  }

  /** Counts faults in the order of the batches, whatever order the workers met them in. */
  private PairBatch counted(Loaded loaded) {
    PairBatch batch = loaded.batch();
    long before = skippedBefore + faults.skipped();
    faults.add(2L * pairs, loaded.faults());
    batches++;
    if (skippedBefore + faults.skipped() == 0) {
      return batch;
    }
    return new PairBatch(
        batch.x(),
        batch.y(),
        batch.xIds(),
        batch.yIds(),
        batch.idPairs(),
        batch.start().withSkipped(before),
        batch.next().withSkipped(skippedBefore + faults.skipped()),
        batch.release());
  }

  private static RuntimeException rethrow(Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    if (cause instanceof RuntimeException exception) {
      return exception;
    }
    return new IllegalStateException(cause);
  }

  private void submit() {
    CompletableFuture<Cursor> before = tail;
    CompletableFuture<Cursor> after = new CompletableFuture<>();
    tail = after;
    ahead.add(workers.submit(() -> load(before, after)));
  }

  private Loaded load(CompletableFuture<Cursor> before, CompletableFuture<Cursor> after) {
    Cursor start;
    Cursor next;
    try {
      if (closed) {
        throw new CancellationException("the loader is closed");
      }
      // Tasks begin in order, so the one that completes this has begun.
      start = before.join();
      next = sampler.after(start);
      after.complete(next);
    } catch (RuntimeException | Error e) {
      after.completeExceptionally(e);
      throw e;
    }
    return decode(sampler.plan(start, next));
  }

  private Loaded decode(PairPlan plan) {
    ByteBuffer x = buffer();
    ByteBuffer y = buffer();
    List<BadDataException> unreadable = decoder.decode(plan, x, y);
    long[] xIds = identities(plan.x());
    long[] yIds = identities(plan.y());
    AtomicBoolean released = new AtomicBoolean();
    Runnable release =
        () -> {
          if (released.compareAndSet(false, true)) {
            free.add(x);
            free.add(y);
          }
        };
    PairBatch batch =
        new PairBatch(x, y, xIds, yIds, plan.idPairs(), plan.start(), plan.next(), release);
    return new Loaded(batch, unreadable);
  }

  private long[] identities(long[] images) {
    long[] ids = new long[images.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = data.identityOf(images[i]);
    }
    return ids;
  }

  private ByteBuffer buffer() {
    ByteBuffer buffer = free.poll();
    return buffer == null ? ByteBuffer.allocateDirect(pairs * shape.bytes()) : buffer.clear();
  }

  /** Time that {@link #next} has spent waiting so far. */
  public long waitNanos() {
    return waitNanos;
  }

  /** Counters of this process: batches, skipped images, and those of the data set. */
  public Map<String, Double> statistics() {
    Map<String, Double> statistics = new LinkedHashMap<>();
    statistics.put("batches", (double) batches);
    statistics.put("skipped", (double) faults.skipped());
    statistics.putAll(data.statistics());
    return statistics;
  }

  /** Messages of the first hundred unreadable images that were skipped. */
  public List<String> skippedImages() {
    return faults.listed();
  }

  /** Stops the workers; waits for the batches being decoded. */
  @Override
  public void close() {
    // No task is cancelled: one that a worker never runs would leave its successor waiting for the
    // cursor. Those still in the queue see the flag and end at once.
    closed = true;
    workers.shutdown();
    try {
      if (!workers.awaitTermination(1, TimeUnit.MINUTES)) {
        throw new IllegalStateException("a loader thread does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
