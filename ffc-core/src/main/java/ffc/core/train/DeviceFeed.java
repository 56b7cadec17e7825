package ffc.core.train;

import ai.djl.ndarray.NDManager;
import ffc.core.method.DevicePair;
import ffc.core.method.StepProfile;
import ffc.engine.Closer;
import ffc.loaders.DualLoader;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.PairBatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The batches of a loader on the device. On an accelerator the next one goes up, as bytes and from
 * direct buffers, on a thread of its own while the step of this one runs.
 */
final class DeviceFeed implements AutoCloseable {
  private final DualLoader loader;
  private final NDManager parent;
  private final ImageShape shape;
  private final int slices;
  private final StepProfile profile;

  /** Null where batches go up when they are asked for. */
  private final ExecutorService uploader;

  private Future<Batch> ahead;
  private long waitNanos;

  /**
   * @param loader becomes the feed's own
   * @param parent on the device; owner of the managers of the batches
   * @param slices equal parts a step is cut into
   * @param profile booked: data, upload
   * @param uploadsAhead whether the next batch goes up during a step
   */
  DeviceFeed(
      DualLoader loader,
      NDManager parent,
      ImageShape shape,
      int slices,
      StepProfile profile,
      boolean uploadsAhead) {
    this.loader = loader;
    this.parent = parent;
    this.shape = shape;
    this.slices = slices;
    this.profile = profile;
    uploader =
        uploadsAhead
            ? Executors.newSingleThreadExecutor(
                task -> {
                  Thread thread = new Thread(task, "ffc-upload");
                  thread.setDaemon(true);
                  return thread;
                })
            : null;
  }

  /**
   * A batch and its arrays, whose manager is that of the whole step.
   *
   * @param manager closed with the batch
   */
  record Batch(PairBatch host, DevicePair pair, NDManager manager) implements AutoCloseable {
    @Override
    public void close() {
      try (host) { // after the arrays: on the CPU they lie in its buffers
        manager.close();
      }
    }
  }

  /**
   * The next batch; waits until it is there. The caller closes it.
   *
   * @throws ffc.loaders.data.BadDataException if an image cannot be read and the policy does not
   *     bear it
   */
  Batch next() {
    if (uploader == null) {
      long before = loader.waitNanos();
      PairBatch host = loader.next();
      waitNanos += loader.waitNanos() - before;
      profile.lap("data");
      Batch batch = upload(host);
      profile.lap("upload");
      return batch;
    }
    long began = System.nanoTime();
    Batch batch = taken(ahead == null ? uploader.submit(this::load) : ahead);
    waitNanos += System.nanoTime() - began;
    profile.lap("data");
    ahead = uploader.submit(this::load);
    return batch;
  }

  private Batch load() {
    return upload(loader.next());
  }

  private Batch upload(PairBatch host) {
    Closer built = Closer.of(host);
    try {
      NDManager manager = built.add(parent.newSubManager());
      return new Batch(host, DevicePair.upload(host, shape, manager, slices), manager);
    } catch (Throwable e) {
      built.closeAfter(e);
      throw e;
    }
  }

  private static Batch taken(Future<Batch> future) {
    try {
      return future.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a batch", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw (RuntimeException) e.getCause(); // loading throws no others
    }
  }

  /** Time that {@link #next} has spent waiting so far. */
  long waitNanos() {
    return waitNanos;
  }

  /** Drops the batch that has gone up ahead, and closes the loader. */
  @Override
  public void close() {
    try (Closer closer = new Closer()) {
      closer.add(loader);
      if (uploader != null) {
        closer.add(uploader::shutdown);
      }
      if (ahead != null) {
        closer.add(this::drop);
      }
    }
  }

  private void drop() {
    Batch batch;
    try {
      batch = taken(ahead);
    } catch (RuntimeException e) {
      return; // nobody has asked for that batch
    }
    batch.close();
  }
}
