package ffc.loaders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.data.AugmentConfig;
import ffc.loaders.data.AugmentConfigBuilder;
import ffc.loaders.data.BadDataException;
import ffc.loaders.data.Cursor;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.DataConfigBuilder;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.PairBatch;
import ffc.loaders.data.Quickstart;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class DualLoaderTest {
  private static Dataset data;

  /** Has identities with one image; the other has none. */
  private static Dataset train;

  @BeforeAll
  static void open() {
    data = DataSets.open(Quickstart.open());
    train = DataSets.open(Quickstart.train());
  }

  @AfterAll
  static void close() {
    data.close();
    train.close();
  }

  private static DataConfig config(int ids, int instances, boolean partner, int workers) {
    return config(ids, instances, partner, workers, 3);
  }

  private static DataConfig config(
      int ids, int instances, boolean partner, int workers, int prefetch) {
    return DataConfigBuilder.builder()
        .train(Quickstart.open())
        .idsPerBatch(ids)
        .instancesPerBatch(instances)
        .instancePartner(partner)
        .augment(
            AugmentConfigBuilder.builder()
                .flip(true)
                .shift(2)
                .crop(new AugmentConfig.Crop(null, null, null))
                .affine(new AugmentConfig.Affine(null, null, null))
                .photometric(new AugmentConfig.Photometric(null, null, null, null, null))
                .blur(new AugmentConfig.Blur(null, null))
                .lowResolution(new AugmentConfig.LowResolution(null, null))
                .erase(new AugmentConfig.Erase(null, null))
                .build())
        .workers(workers)
        .prefetch(prefetch)
        .build();
  }

  private record Taken(byte[] x, byte[] y, long[] xIds, long[] yIds, Cursor start, Cursor next) {
    static Taken of(PairBatch batch) {
      try (batch) {
        return new Taken(
            bytes(batch.x()),
            bytes(batch.y()),
            batch.xIds(),
            batch.yIds(),
            batch.start(),
            batch.next());
      }
    }

    private static byte[] bytes(ByteBuffer buffer) {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.get(0, bytes);
      return bytes;
    }
  }

  private static List<Taken> take(DataConfig config, int rank, int trainers, Cursor start, int n) {
    return take(data, config, rank, trainers, start, n);
  }

  private static List<Taken> take(
      Dataset data, DataConfig config, int rank, int trainers, Cursor start, int n) {
    List<Taken> batches = new ArrayList<>();
    try (DualLoader loader =
        new DualLoader(data, config, Quickstart.SHAPE, 7, rank, trainers, start)) {
      for (int i = 0; i < n; i++) {
        batches.add(Taken.of(loader.next()));
      }
    }
    return batches;
  }

  private static void assertSame(Taken got, Taken want) {
    assertThat(got.x()).isEqualTo(want.x());
    assertThat(got.y()).isEqualTo(want.y());
    assertThat(got.xIds()).isEqualTo(want.xIds());
    assertThat(got.yIds()).isEqualTo(want.yIds());
    assertThat(got.start()).isEqualTo(want.start());
    assertThat(got.next()).isEqualTo(want.next());
  }

  @Test
  void batchesDoNotDependOnTheNumberOfWorkers() {
    List<Taken> one = take(config(16, 16, true, 1), 0, 1, Cursor.START, 40);
    for (int[] threads : new int[][] {{4, 3}, {8, 1}, {3, 2}, {64, 1}}) {
      List<Taken> other =
          take(config(16, 16, true, threads[0], threads[1]), 0, 1, Cursor.START, 40);
      for (int i = 0; i < one.size(); i++) {
        assertSame(other.get(i), one.get(i));
      }
    }
  }

  @Test
  void resumesFromAnyBatch() {
    List<Taken> whole = take(config(16, 16, false, 1), 0, 1, Cursor.START, 40);
    for (int cut : new int[] {1, 13, 31, 39}) {
      List<Taken> rest = take(config(16, 16, false, 2), 0, 1, whole.get(cut - 1).next(), 40 - cut);
      for (int i = cut; i < whole.size(); i++) {
        assertSame(rest.get(i - cut), whole.get(i));
      }
    }
  }

  @Test
  void onlyImagesOfAnIdentityAreAugmentedAsIsSetForThem() {
    DataConfig stored =
        DataConfigBuilder.builder().train(Quickstart.train()).idsPerBatch(64).build();
    DataConfig painted =
        DataConfigBuilder.builder(stored)
            .augmentSingle(
                AugmentConfigBuilder.builder().erase(new AugmentConfig.Erase(1.0, null)).build())
            .build();
    List<Taken> plain = take(train, stored, 0, 1, Cursor.START, 30);
    List<Taken> erased = take(train, painted, 0, 1, Cursor.START, 30);
    int singles = 0;
    int bytes = Quickstart.SHAPE.bytes();
    for (int step = 0; step < plain.size(); step++) {
      Taken before = plain.get(step);
      Taken after = erased.get(step);
      for (int row = 0; row < before.xIds().length; row++) {
        boolean same =
            Arrays.equals(
                before.x(),
                row * bytes,
                (row + 1) * bytes,
                after.x(),
                row * bytes,
                (row + 1) * bytes);
        boolean single = train.imageCount(before.xIds()[row]) == 1;
        assertThat(same).isEqualTo(!single);
        singles += single ? 1 : 0;
      }
    }
    assertThat(singles).isGreaterThan(50);
  }

  @Test
  void ranksShareTheBatchOfOneTrainer() {
    for (boolean partner : new boolean[] {true, false}) {
      List<Taken> whole = take(config(24, 24, partner, 1), 0, 1, Cursor.START, 20);
      List<List<Taken>> ranks = new ArrayList<>();
      for (int rank = 0; rank < 3; rank++) {
        ranks.add(take(config(8, 8, partner, 1), rank, 3, Cursor.START, 20));
      }
      for (int step = 0; step < 20; step++) {
        List<Long> ids = new ArrayList<>();
        List<Long> instances = new ArrayList<>();
        for (List<Taken> rank : ranks) {
          long[] xIds = rank.get(step).xIds();
          for (int row = 0; row < xIds.length; row++) {
            (row < 8 ? ids : instances).add(xIds[row]);
          }
          assertThat(rank.get(step).next()).isEqualTo(whole.get(step).next());
        }
        ids.addAll(instances);
        assertThat(ids.stream().mapToLong(Long::longValue).toArray())
            .isEqualTo(whole.get(step).xIds());
      }
    }
  }

  @Test
  void idLoaderVisitsEveryIdentityOnceAnEpochInAFreshOrder() {
    long identities = data.identities();
    List<Long> ids = new ArrayList<>();
    for (Taken batch : take(config(16, 0, true, 1), 0, 1, Cursor.START, 64)) {
      for (long id : batch.xIds()) {
        ids.add(id);
      }
      assertThat(batch.xIds()).isEqualTo(batch.yIds());
    }
    List<Long> first = ids.subList(0, (int) identities);
    List<Long> second = ids.subList((int) identities, 2 * (int) identities);
    assertThat(first).doesNotHaveDuplicates();
    assertThat(second).doesNotHaveDuplicates().isNotEqualTo(first);
  }

  @Test
  void instanceLoaderVisitsEveryImageOnceAnEpoch() {
    for (boolean partner : new boolean[] {true, false}) {
      Map<Long, Integer> counts = new HashMap<>();
      int drawn = 0;
      int steps = (int) data.images() / (partner ? 5 : 10); // 5,630 images: no remainder
      for (Taken batch : take(config(0, 10, partner, 1), 0, 1, Cursor.START, steps)) {
        for (long id : batch.xIds()) {
          counts.merge(id, 1, Integer::sum);
          drawn++;
        }
        if (!partner) {
          for (long id : batch.yIds()) {
            counts.merge(id, 1, Integer::sum);
            drawn++;
          }
        } else {
          assertThat(batch.yIds()).isEqualTo(batch.xIds());
        }
      }
      assertThat(drawn).isEqualTo((int) data.images());
      for (long id = 0; id < data.identities(); id++) {
        assertThat(counts.get(id)).isEqualTo((int) data.imageCount(id));
      }
    }
  }

  @Test
  void pairsTwoDifferentImagesWhereThereAreTwo() {
    DataConfig plain =
        DataConfigBuilder.builder()
            .train(Quickstart.train())
            .idsPerBatch(16)
            .instancesPerBatch(16)
            .instancePartner(true)
            .workers(1)
            .prefetch(2)
            .build();
    int same = 0;
    for (Taken batch : take(train, plain, 0, 1, Cursor.START, 30)) {
      for (int row = 0; row < batch.xIds().length; row++) {
        boolean equal =
            java.util.Arrays.equals(
                batch.x(), row * 1024, (row + 1) * 1024, batch.y(), row * 1024, (row + 1) * 1024);
        assertThat(equal).isEqualTo(train.imageCount(batch.xIds()[row]) == 1);
        same += equal ? 1 : 0;
      }
    }
    assertThat(same).isPositive();
  }

  @Test
  void skipsSingleImageIdentitiesByWalkingPastThem() {
    DataConfig skip =
        DataConfigBuilder.builder()
            .train(Quickstart.train())
            .idsPerBatch(16)
            .instancesPerBatch(0)
            .instancePartner(true)
            .singleImage(DataConfig.SingleImage.skip)
            .workers(1)
            .prefetch(2)
            .build();
    List<Taken> batches = take(train, skip, 0, 1, Cursor.START, 40);
    long taken = 0;
    for (Taken batch : batches) {
      for (long id : batch.xIds()) {
        assertThat(train.imageCount(id)).isGreaterThan(1);
        taken++;
      }
      long walked = batch.next().idEpoch() * train.identities() + batch.next().idPosition();
      assertThat(walked).isGreaterThanOrEqualTo(taken);
    }
    List<Taken> resumed = take(train, skip, 0, 1, batches.get(9).next(), 30);
    assertSame(resumed.get(29), batches.get(39));
    List<Long> ranks = new ArrayList<>();
    DataConfig half =
        DataConfigBuilder.builder()
            .train(Quickstart.train())
            .idsPerBatch(8)
            .instancesPerBatch(0)
            .instancePartner(true)
            .singleImage(skip.singleImage())
            .workers(1)
            .prefetch(2)
            .build();
    for (int rank = 0; rank < 2; rank++) {
      for (long id : take(train, half, rank, 2, batches.get(9).next(), 1).get(0).xIds()) {
        ranks.add(id);
      }
    }
    assertThat(ranks.stream().mapToLong(Long::longValue).toArray())
        .isEqualTo(batches.get(10).xIds());
  }

  @Test
  void refusesImpossibleSettings() {
    assertThatThrownBy(() -> take(config(0, 0, true, 1), 0, 1, Cursor.START, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> take(config(4, 5, true, 1), 0, 1, Cursor.START, 1))
        .hasMessageContaining("even number");
    assertThatThrownBy(() -> take(config(4, 4, true, 1), 2, 2, Cursor.START, 1))
        .hasMessageContaining("rank is 2");
    assertThatThrownBy(
            () -> take(config(4, 4, true, 1), 0, 1, new Cursor(0, 99_999, 0, 0, 0, 0), 1))
        .hasMessageContaining("cursor stands at position 99999");
  }

  @Test
  @Timeout(60)
  void closesWhateverTheWorkersAreAt() {
    for (int i = 0; i < 400; i++) {
      take(config(4, 4, true, 3), 0, 1, Cursor.START, i % 3);
    }
  }

  @Test
  @Timeout(60)
  void saysThatItIsClosedToWhoeverTakesABatchMeanwhile() throws Exception {
    for (int i = 0; i < 200; i++) {
      CountDownLatch begun = new CountDownLatch(1);
      try (DualLoader loader =
          new DualLoader(data, config(4, 4, true, 2, 1), Quickstart.SHAPE, 7, 0, 1, Cursor.START)) {
        CompletableFuture<Void> taking =
            CompletableFuture.runAsync(
                () -> {
                  while (true) {
                    loader.next().close();
                    begun.countDown();
                  }
                });
        begun.await();
        loader.close();
        assertThatThrownBy(taking::join)
            .cause()
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("the loader is closed");
      }
    }
  }

  @Test
  void throwsWhatAWorkerThrew() {
    ImageShape wrong = new ImageShape(1, 16, 16);
    try (DualLoader loader =
        new DualLoader(data, config(4, 4, true, 2), wrong, 7, 0, 1, Cursor.START)) {
      assertThatThrownBy(loader::next)
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining("image is 32x32");
      assertThatThrownBy(loader::next)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("has failed before");
    }
  }
}
