package ffc.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ffc.core.method.DevicePair;
import ffc.core.method.StepProfile;
import ffc.loaders.DataSets;
import ffc.loaders.DualLoader;
import ffc.loaders.data.Cursor;
import ffc.loaders.data.Dataset;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DeviceFeedTest {
  @TempDir Path folder;

  private interface Use {
    void with(DeviceFeed feed, DualLoader loader);
  }

  private void feed(boolean uploadsAhead, Use use) throws IOException {
    Trainer.Setup setup = TinyRun.setup(TinyRun.FFC, 1, folder, null);
    try (Dataset data = DataSets.open(setup.data().train());
        NDManager manager = NDManager.newBaseManager(Device.cpu())) {
      DualLoader loader =
          new DualLoader(
              data, setup.data(), setup.model().shape(), setup.seed(), 0, 1, Cursor.START);
      try (DeviceFeed feed =
          new DeviceFeed(
              loader, manager, setup.model().shape(), 1, new StepProfile(), uploadsAhead)) {
        use.with(feed, loader);
      }
    }
  }

  /** Pixels, identities and cursors of some batches. */
  private List<String> batches(boolean uploadsAhead) throws IOException {
    List<String> batches = new ArrayList<>();
    feed(
        uploadsAhead,
        (feed, loader) -> {
          for (int i = 0; i < 40; i++) {
            try (DeviceFeed.Batch batch = feed.next()) {
              DevicePair pair = batch.pair();
              batches.add(
                  Arrays.hashCode(pair.x().toByteArray())
                      + " "
                      + Arrays.hashCode(pair.y().toByteArray())
                      + " "
                      + Arrays.toString(pair.xIds())
                      + " "
                      + batch.host().next());
            }
          }
        });
    return batches;
  }

  @Test
  void batchesThatGoUpAheadAreTheSameInTheSameOrder() throws IOException {
    assertThat(batches(true)).hasSize(40).doesNotHaveDuplicates().isEqualTo(batches(false));
  }

  @Test
  void aFeedThatNobodyAsksHasNothingToDrop() throws IOException {
    feed(true, (feed, loader) -> assertThat(feed.waitNanos()).isZero());
  }

  @Test
  void aFailureOfTheLoaderComesWithTheBatchItBelongsTo() throws IOException {
    feed(
        true,
        (feed, loader) -> {
          feed.next().close();
          loader.close();
          // One may have gone up before.
          assertThatIllegalStateException()
              .isThrownBy(
                  () -> {
                    feed.next().close();
                    feed.next().close();
                  })
              .withMessageContaining("the loader is closed");
        });
  }
}
