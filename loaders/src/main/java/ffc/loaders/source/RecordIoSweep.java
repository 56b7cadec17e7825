package ffc.loaders.source;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.Progress;
import ffc.loaders.format.Sweep;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ObjLongConsumer;

/** Reads all records of a pack in parallel, in stretches of the {@code .idx}. */
final class RecordIoSweep {
  private static final int STRETCH = 4096;

  private final RecordIoFile rec;
  private final Sweep.ImageCheck check;
  private final AtomicLong records;
  private final ObjLongConsumer<String> faults;
  private boolean layout;

  RecordIoSweep(
      RecordIoFile rec,
      Sweep.ImageCheck check,
      AtomicLong records,
      ObjLongConsumer<String> faults) {
    this.rec = rec;
    this.check = check;
    this.records = records;
    this.faults = faults;
  }

  void run(int threads, Progress progress) {
    layout = hasLayout();
    long total = RecordIoKeys.work(rec);
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    List<Future<?>> tasks = new ArrayList<>();
    LongArrayList stretch = new LongArrayList();
    try {
      RecordIoKeys.forEach(
          rec,
          0,
          (key, offset, next) -> {
            stretch.add(key);
            stretch.add(offset);
            if (stretch.size() >= 2 * STRETCH) {
              long[] part = stretch.toLongArray();
              stretch.clear();
              tasks.add(pool.submit(() -> sweep(part)));
              awaitAllBut(tasks, 4 * threads);
              progress.report("records", next, total);
            }
          });
      sweep(stretch.toLongArray());
      awaitAllBut(tasks, 0);
    } finally {
      pool.shutdownNow();
    }
    progress.report("records", total, total);
  }

  private static void awaitAllBut(List<Future<?>> tasks, int rest) {
    while (tasks.size() > rest) {
      try {
        tasks.remove(0).get();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException failure) {
          throw failure;
        }
        throw new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
    }
  }

  private boolean hasLayout() {
    boolean[] found = {false};
    try {
      RecordIoKeys.first(
          rec,
          (key, offset, next) -> {
            try {
              RecordIoFile.Header header = rec.header(offset);
              found[0] = key == 0 && header.flag() == 2 && header.imageBytes() == 0;
            } catch (IOException e) {
              found[0] = false; // listed by the sweep
            }
          });
    } catch (BadDataException e) {
      return false; // listed by the sweep
    }
    return found[0];
  }

  private void sweep(long[] part) {
    for (int i = 0; i < part.length; i += 2) {
      long key = part[i];
      long offset = part[i + 1];
      try {
        RecordIoFile.Header header = rec.header(offset);
        if (layout && header.imageBytes() == 0) {
          continue;
        }
        records.incrementAndGet();
        check.check(rec.image(offset), () -> rec.describe(key, offset));
      } catch (IOException e) {
        faults.accept(rec.fault(key, offset, e).getMessage(), key);
      } catch (BadDataException e) {
        faults.accept(e.getMessage(), key);
      }
    }
  }
}
