package ffc.loaders.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.DataSets;
import ffc.loaders.DualLoader;
import ffc.loaders.source.TestPacks;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorruptImagesTest {
  private static final ImageShape SHAPE = new ImageShape(1, 4, 3);

  @TempDir Path dir;

  /** 300 images of 60 identities; every 50th is damaged, all images of identity 7 are. */
  private DataConfig.Source damagedPack() {
    TestPacks.Writer writer = new TestPacks.Writer(dir.resolve("a.rec"));
    for (int i = 0; i < 300; i++) {
      byte[] png = TestPacks.png(i, 4, 3);
      if (bad(i)) {
        png[45] ^= 1;
      }
      writer.image(i, i / 5, png);
    }
    writer.close();
    return new DataConfig.Source("recordio", dir.resolve("a.rec").toString());
  }

  private static boolean bad(int image) {
    return image % 50 == 3 || image / 5 == 7;
  }

  private static DataConfig config(
      DataConfig.Source source, DataConfig.OnCorrupt policy, Double budget, int workers) {
    return DataConfigBuilder.builder()
        .train(source)
        .idsPerBatch(8)
        .instancesPerBatch(8)
        .instancePartner(true)
        .workers(workers)
        .prefetch(3)
        .cacheBytes(10_000L)
        .onCorrupt(policy)
        .corruptBudget(budget)
        .build();
  }

  private record Taken(List<byte[]> x, List<Long> ids, Cursor next) {}

  private static Taken take(Dataset data, DataConfig config, Cursor start, int steps) {
    List<byte[]> x = new ArrayList<>();
    List<Long> ids = new ArrayList<>();
    Cursor next = start;
    try (DualLoader loader = new DualLoader(data, config, SHAPE, 3, 0, 1, start)) {
      for (int i = 0; i < steps; i++) {
        try (PairBatch batch = loader.next()) {
          for (ByteBuffer side : List.of(batch.x(), batch.y())) {
            byte[] bytes = new byte[side.capacity()];
            side.get(0, bytes);
            x.add(bytes);
          }
          for (int row = 0; row < batch.size(); row++) {
            assertThat(batch.xIds()[row]).isEqualTo(batch.yIds()[row]);
            ids.add(batch.xIds()[row]);
          }
          next = batch.next();
        }
      }
      assertThat(loader.skippedImages().size())
          .isEqualTo((int) Math.min(100, next.skipped() - start.skipped()));
      assertThat(loader.statistics())
          .containsEntry("skipped", (double) (next.skipped() - start.skipped()));
    }
    return new Taken(x, ids, next);
  }

  @Test
  void failNamesTheFirstUnreadableImage() {
    DataConfig config = config(damagedPack(), DataConfig.OnCorrupt.fail, null, 2);
    try (Dataset data = DataSets.open(config)) {
      assertThatThrownBy(() -> take(data, config, Cursor.START, 100))
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining("a.rec key ")
          .hasMessageContaining("corrupt PNG");
    }
  }

  @Test
  void skipPutsReadableImagesInTheirPlaceWhateverTheWorkers() {
    DataConfig.Source source = damagedPack();
    DataConfig one = config(source, DataConfig.OnCorrupt.skip, 0.5, 1);
    DataConfig four = config(source, DataConfig.OnCorrupt.skip, 0.5, 4);
    try (Dataset data = DataSets.open(one)) {
      Map<String, Long> known = new HashMap<>();
      for (int i = 0; i < 300; i++) {
        if (!bad(i)) {
          known.put(java.util.Arrays.toString(TestPacks.pixels(i, 4, 3)), i / 5L);
        }
      }
      Taken whole = take(data, one, Cursor.START, 60);
      assertThat(whole.next().skipped()).isPositive();
      for (int i = 0; i < whole.ids().size(); i++) {
        byte[] side = whole.x().get(i / 12 * 2);
        byte[] image = java.util.Arrays.copyOfRange(side, i % 12 * 12, i % 12 * 12 + 12);
        assertThat(known.get(java.util.Arrays.toString(image))).isEqualTo(whole.ids().get(i));
        assertThat(whole.ids().get(i)).isNotEqualTo(7);
      }
      Taken other = take(data, four, Cursor.START, 60);
      assertThat(other.next()).isEqualTo(whole.next());
      for (int i = 0; i < whole.x().size(); i++) {
        assertThat(other.x().get(i)).isEqualTo(whole.x().get(i));
      }
      Taken first = take(data, four, Cursor.START, 23);
      Taken rest = take(data, four, first.next(), 37);
      assertThat(rest.next()).isEqualTo(whole.next());
      assertThat(rest.x().get(73)).isEqualTo(whole.x().get(119));
      assertThat(data.statistics().get("cache_hit_rate")).isBetween(0.01, 1.0);
      assertThat(data.statistics().get("cache_bytes")).isLessThanOrEqualTo(10_000.0);
    }
  }

  @Test
  void skipFailsAboveTheBudget() {
    DataConfig config = config(damagedPack(), DataConfig.OnCorrupt.skip, 0.01, 1);
    try (Dataset data = DataSets.open(config)) {
      assertThatThrownBy(() -> take(data, config, Cursor.START, 100))
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining("more than data.corruptBudget 0.01 allows; last: ")
          .hasMessageContaining("a.rec key");
    }
  }

  @Test
  void skipEndsWhenNothingCanBeRead() {
    TestPacks.Writer writer = new TestPacks.Writer(dir.resolve("b.rec"));
    writer.image(0, 0, new byte[] {1, 2, 3});
    writer.image(1, 1, new byte[] {1, 2, 3});
    writer.close();
    DataConfig config =
        config(
            new DataConfig.Source("recordio", dir.resolve("b.rec").toString()),
            DataConfig.OnCorrupt.skip,
            1.0,
            1);
    try (Dataset data = DataSets.open(config)) {
      assertThatThrownBy(() -> take(data, config, Cursor.START, 1))
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining("in a row cannot be read");
    }
  }
}
