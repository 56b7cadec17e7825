package ffc.pfc;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A few threads that share loops over rows. The calling thread takes part. */
final class RowWorkers implements AutoCloseable {
  // Below this a hand-over costs more than it saves.
  private static final long ALONE = 256;

  private final int threads;
  private final ExecutorService pool;

  /** A loop over [from, to). */
  @FunctionalInterface
  interface Range {
    void run(long from, long to);
  }

  RowWorkers(int threads) {
    this.threads = threads;
    this.pool =
        threads < 2
            ? null
            : Executors.newFixedThreadPool(
                threads - 1,
                task -> {
                  Thread thread = new Thread(task, "class-rows");
                  thread.setDaemon(true);
                  return thread;
                });
  }

  /**
   * Runs the loop over [0, count), cut into one contiguous range a thread; returns when all end.
   */
  void run(long count, Range range) {
    if (pool == null || count < ALONE) {
      range.run(0, count);
      return;
    }
    List<Future<?>> others = new ArrayList<>();
    for (int i = 1; i < threads; i++) {
      long from = count * i / threads;
      long to = count * (i + 1) / threads;
      others.add(pool.submit(() -> range.run(from, to)));
    }
    try {
      range.run(0, count / threads);
    } finally {
      others.forEach(RowWorkers::join);
    }
  }

  private static void join(Future<?> future) {
    boolean interrupted = false;
    while (true) {
      try {
        future.get();
        break;
      } catch (InterruptedException e) {
        // Rows are being written: the loop has to end before the caller goes on.
        interrupted = true;
      } catch (ExecutionException e) {
        throw new IllegalStateException("a loop over class rows failed", e.getCause());
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    if (pool != null) {
      pool.shutdown();
    }
  }
}
