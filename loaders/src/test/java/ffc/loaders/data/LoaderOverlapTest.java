package ffc.loaders.data;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.loaders.DualLoader;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What the loader does while its caller computes a step. */
class LoaderOverlapTest {
  private static final int ROWS = 16;
  private static final ImageShape SHAPE = new ImageShape(1, 2, 2);

  /** 100 identities of two images each; hears of every image that is decoded. */
  private record Watched(Runnable decoding) implements Dataset {
    @Override
    public String name() {
      return "watched";
    }

    @Override
    public long identities() {
      return 100;
    }

    @Override
    public long images() {
      return 200;
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
      decoding.run();
      out.put(offset, (byte) image);
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

  private static DualLoader loader(int workers, int prefetch, Runnable decoding) {
    DataConfig config =
        DataConfigBuilder.builder()
            .train(new DataConfig.Source("synthetic", "watched"))
            .idsPerBatch(ROWS)
            .instancesPerBatch(0)
            .instancePartner(true)
            .workers(workers)
            .prefetch(prefetch)
            .build();
    return new DualLoader(new Watched(decoding), config, SHAPE, 1, 0, 1, Cursor.START);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).as("%s", latch).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void asManyBatchesAsPrefetchSaysAreDecodedDuringAStep() {
    for (int prefetch : new int[] {1, 3}) {
      int images = (1 + prefetch) * 2 * ROWS;
      CountDownLatch left = new CountDownLatch(images);
      AtomicInteger decoded = new AtomicInteger();
      try (DualLoader loader =
          loader(
              2,
              prefetch,
              () -> {
                decoded.incrementAndGet();
                left.countDown();
              })) {
        try (PairBatch step = loader.next()) {
          assertThat(step.size()).isEqualTo(ROWS);
          await(left); // without another call of next
        }
      }
      assertThat(decoded.get()).isEqualTo(images);
    }
  }

  @Test
  void moreWorkersThanBatchesAheadAllDecode() {
    int workers = 8;
    CountDownLatch inside = new CountDownLatch(workers);
    try (DualLoader loader =
        loader(
            workers,
            1,
            () -> {
              inside.countDown();
              await(inside); // passes once as many images as there are workers are being decoded
            })) {
      loader.next().close();
    }
  }
}
