package ffc.loaders;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.CorruptBudget;
import ffc.loaders.data.Cursor;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.PairBatch;
import ffc.loaders.sample.PairPlan;
import ffc.loaders.sample.PairSampler;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The dual loader of one trainer: pairs from the ID loader and images from the instance loader,
 * zipped into {@link PairBatch}es that worker threads decode ahead of the step. A batch is a pure
 * function of seed, cursor, rank, number of trainers and configuration; it depends neither on the
 * number of workers nor on what was read before.
 *
 * <p>One thread plans the batches in their order and deals their rows out in small parts, so that
 * any number of workers has something to do whatever {@code prefetch} is. {@link #next} belongs to
 * one thread; {@link #close} may come from another, and ends a {@code next} under way. While the
 * caller has a batch, {@code prefetch} further ones are being decoded or stand ready; buffers
 * return to the loader when a batch is closed.
 */
public final class DualLoader implements AutoCloseable {
  /** Most rows that one worker takes at a time. */
  private static final int PART = 8;

  private final Dataset data;
  private final ImageShape shape;
  private final int pairs;
  private final int prefetch;
  private final int rowsPerPart;
  private final PairSampler sampler;
  private final PairDecoder decoder;
  private final CorruptBudget corrupt;
  private final ExecutorService planner;
  private final ExecutorService workers;
  private final Queue<Future<Begun>> ahead = new ArrayDeque<>();
  private final Queue<ByteBuffer> free = new ConcurrentLinkedQueue<>();
  private final long skippedBefore;
  private Cursor planned; // the planner's alone
  private long waitNanos;
  private long batches;
  private volatile boolean closed; // read by the other threads

  /** A batch that is being decoded; each part gives the unreadable images that it met. */
  private record Begun(PairBatch batch, List<Future<List<BadDataException>>> parts) {}

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
    this.corrupt = new CorruptBudget(config.corruptBudget());
    this.decoder = new PairDecoder(data, config, shape);
    this.skippedBefore = start.skipped();
    this.planned = start;
    this.rowsPerPart = Math.max(1, Math.min(PART, pairs / config.workers()));
    if ((long) pairs * shape.bytes() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a side of %d images of %d bytes exceeds 2 GiB; make data.idsPerBatch smaller"
              .formatted(pairs, shape.bytes()));
    }
    this.planner = pool("loader-r" + rank + "-plan", 1);
    this.workers = pool("loader-r" + rank + "-w", config.workers());
  }

  private static ExecutorService pool(String name, int threads) {
    AtomicInteger number = new AtomicInteger();
    return Executors.newFixedThreadPool(
        threads,
        task -> {
          Thread thread = new Thread(task, name + number.getAndIncrement());
          thread.setDaemon(true);
          return thread;
        });
  }

  /**
   * The next batch; waits until it is decoded. The caller closes it.
   *
   * @throws BadDataException if an image cannot be read and the policy does not bear it
   * @throws IllegalStateException if the loader is closed, before or meanwhile
   */
  public PairBatch next() {
    if (closed) {
      throw new IllegalStateException("the loader is closed, or has failed before");
    }
    refill();
    Future<Begun> first = ahead.remove();
    refill(); // now, not at the next call: the caller's step is the time to decode in
    long start = System.nanoTime();
    boolean whole = false;
    try {
      Begun begun = first.get();
      List<BadDataException> unreadable = new ArrayList<>();
      for (Future<List<BadDataException>> part : begun.parts()) {
        unreadable.addAll(part.get());
      }
      PairBatch batch = counted(begun.batch(), unreadable);
      whole = true;
      return batch;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a batch", e);
    } catch (ExecutionException e) {
      throw rethrow(e.getCause());
    } finally {
      waitNanos += System.nanoTime() - start;
      if (!whole) {
        closed = true; // going on would leave a batch out
      }
    }
  }

  private void refill() {
    try {
      while (ahead.size() < prefetch) {
        ahead.add(planner.submit(this::begin));
      }
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException("the loader is closed", e);
    }
  }

  /** Counts faults in the order of the batches, whatever order the workers met them in. */
  private PairBatch counted(PairBatch batch, List<BadDataException> unreadable) {
    long before = skippedBefore + corrupt.skipped();
    corrupt.add(2L * pairs, unreadable);
    batches++;
    if (skippedBefore + corrupt.skipped() == 0) {
      return batch;
    }
    return new PairBatch(
        batch.x(),
        batch.y(),
        batch.xIds(),
        batch.yIds(),
        batch.idPairs(),
        batch.start().withSkipped(before),
        batch.next().withSkipped(skippedBefore + corrupt.skipped()),
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

  /** Plans the next batch and deals its rows out; the planner's. */
  private Begun begin() {
    checkOpen();
    Cursor start = planned;
    Cursor next = sampler.after(start);
    PairPlan plan = sampler.plan(start, next);
    planned = next;
    ByteBuffer x = buffer();
    ByteBuffer y = buffer();
    long[] xIds = new long[pairs];
    long[] yIds = new long[pairs];
    List<Future<List<BadDataException>>> parts = new ArrayList<>();
    for (int row = 0; row < pairs; row += rowsPerPart) {
      int from = row;
      int to = Math.min(pairs, from + rowsPerPart);
      parts.add(
          workers.submit(
              () -> {
                checkOpen();
                List<BadDataException> unreadable = decoder.decode(plan, from, to, x, y);
                for (int i = from; i < to; i++) {
                  xIds[i] = data.identityOf(plan.x()[i]);
                  yIds[i] = data.identityOf(plan.y()[i]);
                }
                return unreadable;
              }));
    }
    AtomicBoolean released = new AtomicBoolean();
    Runnable release =
        () -> {
          if (released.compareAndSet(false, true)) {
            free.add(x);
            free.add(y);
          }
        };
    return new Begun(new PairBatch(x, y, xIds, yIds, plan.idPairs(), start, next, release), parts);
  }

  private void checkOpen() {
    if (closed) {
      throw new CancellationException("the loader is closed");
    }
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
    statistics.put("skipped", (double) corrupt.skipped());
    statistics.putAll(data.statistics());
    return statistics;
  }

  /** Messages of the first hundred unreadable images that were skipped. */
  public List<String> skippedImages() {
    return corrupt.listed();
  }

  /** Stops the workers; waits for the images being decoded. */
  @Override
  public void close() {
    closed = true; // what is in the queues sees it and ends at once
    try {
      end(planner); // before the workers: it hands them work
    } finally {
      end(workers);
    }
  }

  private static void end(ExecutorService threads) {
    threads.shutdown();
    try {
      if (!threads.awaitTermination(1, TimeUnit.MINUTES)) {
        throw new IllegalStateException("a loader thread does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
