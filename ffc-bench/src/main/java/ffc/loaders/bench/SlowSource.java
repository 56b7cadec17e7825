package ffc.loaders.bench;

import ffc.loaders.DualLoader;
import ffc.loaders.data.AugmentConfigBuilder;
import ffc.loaders.data.Cursor;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.DataConfigBuilder;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.PairBatch;
import java.nio.ByteBuffer;
import java.util.Locale;

/**
 * Images per second of the dual loader by {@code data.workers} where each image takes a time that
 * no core is busy for, as on a disk or a network: a worker can give 1000 / DELAY_MS images/s.
 *
 * <pre>SlowSource DELAY_MS PREFETCH SECONDS</pre>
 */
public final class SlowSource {
  private SlowSource() {}

  private record Slow(long millis) implements Dataset {
    @Override
    public String name() {
      return "slow";
    }

    @Override
    public long identities() {
      return 10_000;
    }

    @Override
    public long images() {
      return 20_000;
    }

    @Override
    public long firstImage(long identity) {
      return 2 * identity;
    }

    @Override
    public long identityOf(long image) {
      return image / 2;
    }

    @Override
    public void decode(long image, ImageShape shape, ByteBuffer out, int offset) {
      try {
        Thread.sleep(millis);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // the loader is being closed
      }
    }

    @Override
    public String describe(long image) {
      return "image " + image;
    }

    @Override
    public String fingerprint() {
      return "0000000000000000";
    }

    @Override
    public void close() {}
  }

  /** Runs each number of workers once. */
  public static void main(String[] args) {
    long millis = Long.parseLong(args[0]);
    int prefetch = Integer.parseInt(args[1]);
    long nanos = Long.parseLong(args[2]) * 1_000_000_000L;
    for (int workers : new int[] {1, 2, 4, 8}) {
      DataConfig config =
          DataConfigBuilder.builder()
              .train(new DataConfig.Source("synthetic", "slow"))
              .idsPerBatch(16)
              .instancesPerBatch(16)
              .instancePartner(true)
              .augment(AugmentConfigBuilder.builder().flip(false).shift(0).build())
              .workers(workers)
              .prefetch(prefetch)
              .build();
      ImageShape shape = new ImageShape(1, 8, 8);
      try (DualLoader loader =
          new DualLoader(new Slow(millis), config, shape, 1, 0, 1, Cursor.START)) {
        for (int i = 0; i <= prefetch; i++) {
          loader.next().close(); // what was begun while the clock did not run
        }
        long images = 0;
        long start = System.nanoTime();
        while (System.nanoTime() - start < nanos) {
          try (PairBatch batch = loader.next()) {
            images += 2L * batch.size();
          }
        }
        System.out.printf(
            Locale.ROOT,
            "prefetch %d workers %d: %.0f images/s%n",
            prefetch,
            workers,
            images * 1e9 / (System.nanoTime() - start));
      }
    }
  }
}
