package ffc.pfc.classes;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;
import ffc.engine.Autograd;
import ffc.engine.ComputeThreads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A few threads that share loops over rows and blocks of rows. In each of them the engine computes
 * with one thread: blocks side by side need no synchronisation within a product, one product on all
 * cores does. With one thread everything happens on the caller's.
 */
public final class RowWorkers implements AutoCloseable {
  // Below this a hand-over costs more than it saves.
  private static final long ALONE = 256;

  private final int threads;
  private final ExecutorService pool;

  /** A loop over [from, to). */
  @FunctionalInterface
  interface Range {
    void run(long from, long to);
  }

  /** One of a number of tasks. */
  @FunctionalInterface
  public interface Task {
    /**
     * @param task number of the task
     * @param worker number of the thread, in [0, {@link #threads})
     */
    void run(int task, int worker);
  }

  public RowWorkers(int threads) {
    this.threads = threads;
    this.pool =
        threads < 2
            ? null
            : Executors.newFixedThreadPool(
                threads,
                task -> {
                  Thread thread = new Thread(task, "class-rows");
                  thread.setDaemon(true);
                  return thread;
                });
    if (pool == null) {
      return;
    }
    try {
      Engine.getEngine("PyTorch"); // loads the natives
      int engineThreads = JniUtils.getNumThreads();
      onEach(worker -> prepareThread());
      ComputeThreads.set(engineThreads); // the workers set it for new threads
    } catch (Throwable e) {
      pool.shutdown();
      throw e;
    }
  }

  private static void prepareThread() {
    Autograd.off();
    ComputeThreads.set(1);
  }

  public int threads() {
    return threads;
  }

  /**
   * Runs the loop over [0, count), cut into one contiguous range a thread; returns when all end.
   */
  void run(long count, Range range) {
    if (pool == null || count < ALONE) {
      range.run(0, count);
      return;
    }
    onEach(worker -> range.run(count * worker / threads, count * (worker + 1) / threads));
  }

  /**
   * Runs tasks 0 to count - 1, each on one thread, which takes the next one that is left; returns
   * when all end. Results must not depend on which thread it was.
   */
  public void each(int count, Task task) {
    if (pool == null || count < 2) {
      for (int i = 0; i < count; i++) {
        task.run(i, 0);
      }
      return;
    }
    AtomicInteger next = new AtomicInteger();
    onEach(
        worker -> {
          for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
            task.run(i, worker);
          }
        });
  }

  /** What one thread does. */
  @FunctionalInterface
  private interface Share {
    void run(int worker);
  }

  private void onEach(Share share) {
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int worker = i;
      all.add(pool.submit(() -> share.run(worker)));
    }
    RuntimeException failed = null;
    for (Future<?> one : all) {
      // Rows are being written: every thread has to end before the caller goes on.
      try {
        join(one);
      } catch (RuntimeException e) {
        failed = e;
      }
    }
    if (failed != null) {
      throw failed;
    }
  }

  private static void join(Future<?> future) {
    boolean interrupted = false;
    while (true) {
      try {
        future.get();
        break;
      } catch (InterruptedException e) {
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
