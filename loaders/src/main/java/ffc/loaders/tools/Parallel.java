package ffc.loaders.tools;

import ffc.loaders.data.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/** Work over a range of numbers on several threads, in stretches so that reads stay sequential. */
final class Parallel {
  private static final int STRETCH = 256;

  private Parallel() {}

  /** Calls {@code work} for 0 to {@code count} - 1; the first exception ends it and is thrown. */
  static void forEach(long count, int threads, Progress progress, LongConsumer work) {
    forEach(count, threads, STRETCH, progress, work);
  }

  /** As above, in stretches of a given length. */
  static void forEach(long count, int threads, int stretch, Progress progress, LongConsumer work) {
    AtomicLong next = new AtomicLong();
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> parts = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        parts.add(
            pool.submit(
                () -> {
                  long from;
                  while ((from = next.getAndAdd(stretch)) < count) {
                    for (long i = from; i < Math.min(count, from + stretch); i++) {
                      work.accept(i);
                    }
                    progress.report("images", Math.min(count, from + stretch), count);
                  }
                }));
      }
      for (Future<?> part : parts) {
        part.get();
      }
    } catch (ExecutionException e) {
      next.set(count);
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      next.set(count);
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } finally {
      pool.shutdown();
    }
  }
}
