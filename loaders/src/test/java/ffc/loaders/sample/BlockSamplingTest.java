package ffc.loaders.sample;

import static ffc.loaders.sample.PairSamplerTest.SEED;
import static ffc.loaders.sample.PairSamplerTest.config;
import static ffc.loaders.sample.PairSamplerTest.draw;
import static ffc.loaders.sample.PairSamplerTest.set;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.data.Cursor;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.DataConfig.SingleImage;
import ffc.loaders.data.Dataset;
import ffc.loaders.sample.PairSamplerTest.Draw;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The sampler with both loaders by blocks. */
class BlockSamplingTest {
  @Test
  void blocksGiveEveryImageATurnBeforeAnyOfTheBlockGetsAnother() {
    try (Dataset data = set(1000)) {
      DataConfig config = config(16, 16, true, SingleImage.augment, 50);
      PairSampler sampler = new PairSampler(data, config, SEED, 0, 1);
      int[] turns = new int[(int) data.images()];
      Cursor cursor = Cursor.START;
      for (int step = 0; step < 3000; step++) {
        Cursor next = sampler.after(cursor);
        PairPlan plan = sampler.plan(cursor, next);
        for (int row = plan.idPairs(); row < plan.x().length; row++) {
          turns[(int) plan.x()[row]]++;
        }
        cursor = next;
        if (step % 500 == 17) {
          int least = Integer.MAX_VALUE;
          int most = 0;
          for (long id = 0; id < data.identities(); id += 50) {
            int blockLeast = Integer.MAX_VALUE;
            int blockMost = 0;
            for (long i = data.firstImage(id); i < data.firstImage(id + 50); i++) {
              blockLeast = Math.min(blockLeast, turns[(int) i]);
              blockMost = Math.max(blockMost, turns[(int) i]);
            }
            assertThat(blockMost - blockLeast).as("step %d id %d", step, id).isLessThanOrEqualTo(1);
            least = Math.min(least, blockLeast);
            most = Math.max(most, blockMost);
          }
          assertThat(most - least).as("step %d", step).isLessThanOrEqualTo(2);
        }
      }
    }
  }

  /** Share of instance rows whose identity is among the last {@code slots} different ones. */
  private static double existingShare(Dataset data, long block, int slots, int steps) {
    DataConfig config = config(64, 64, true, SingleImage.augment, block);
    PairSampler sampler = new PairSampler(data, config, SEED, 0, 1);
    Map<Long, Boolean> group =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<Long, Boolean> eldest) {
            return size() > slots;
          }
        };
    Cursor cursor = Cursor.START;
    int met = 0;
    int rows = 0;
    for (int step = 0; step < steps; step++) {
      Cursor next = sampler.after(cursor);
      PairPlan plan = sampler.plan(cursor, next);
      for (int row = 64; row < plan.x().length; row++) {
        rows++;
        met += group.get(data.identityOf(plan.x()[row])) != null ? 1 : 0;
      }
      for (long image : plan.x()) {
        group.put(data.identityOf(image), true);
      }
      cursor = next;
    }
    return (double) met / rows;
  }

  @Test
  void blocksMakeTheLoadersMeetWithinTheLifeOfASlot() {
    try (Dataset data = set(200_000)) {
      double shuffled = existingShare(data, 0, 3000, 2000);
      double local = existingShare(data, 2000, 3000, 2000);
      // Even shuffled, identities of hundreds of images are met again.
      assertThat(shuffled).isLessThan(0.15);
      assertThat(local).isGreaterThan(0.8);
    }
  }

  @Test
  void blocksBearLongRunsAndTinySets() {
    try (Dataset data = set(3)) {
      DataConfig config = config(5, 4, false, SingleImage.augment, 2);
      PairSampler sampler = new PairSampler(data, config, SEED, 0, 1);
      Cursor cursor = new Cursor(1_000_000, 2, 400_000, 0, 0, 0);
      for (int step = 0; step < 200; step++) {
        Cursor next = sampler.after(cursor);
        for (long image : sampler.plan(cursor, next).x()) {
          assertThat(image).isBetween(0L, data.images() - 1);
        }
        cursor = next;
      }
    }
  }

  /** One loader alone: an epoch visits everything once, block after block. */
  @Test
  void aLoaderAloneWalksBlocksToo() {
    try (Dataset data = set(50)) {
      List<Long> ids = new ArrayList<>();
      List<Long> images = new ArrayList<>();
      Cursor cursor = Cursor.START;
      for (DataConfig config :
          List.of(
              config(5, 0, true, SingleImage.augment, 10),
              config(0, 2, true, SingleImage.alone, 10))) {
        cursor = Cursor.START;
        while (cursor.idEpoch() + cursor.epoch() < 3) {
          Draw draw = draw(data, config, SEED, 2, cursor);
          ids.addAll(draw.ids());
          images.addAll(draw.instances());
          cursor = draw.next();
        }
      }
      for (int epoch = 0; epoch < 3; epoch++) {
        List<Long> blocksOfIds =
            ids.subList(50 * epoch, 50 * epoch + 50).stream().map(id -> id / 10).toList();
        assertThat(ids.subList(50 * epoch, 50 * epoch + 50)).doesNotHaveDuplicates();
        assertThat(visits(blocksOfIds)).hasSize(5).doesNotHaveDuplicates();
        int all = (int) data.images();
        List<Long> round = images.subList(all * epoch, all * epoch + all);
        assertThat(round).doesNotHaveDuplicates();
        assertThat(visits(round.stream().map(image -> data.identityOf(image) / 10).toList()))
            .hasSize(5)
            .doesNotHaveDuplicates();
      }
    }
  }

  /** Each run of equal numbers as one. */
  private static List<Long> visits(List<Long> blocks) {
    List<Long> visits = new ArrayList<>();
    for (Long block : blocks) {
      if (visits.isEmpty() || !visits.get(visits.size() - 1).equals(block)) {
        visits.add(block);
      }
    }
    return visits;
  }

  @Test
  void refusesBlocksWithSkippedSingles() {
    try (Dataset data = set(30)) {
      assertThatThrownBy(
              () -> new PairSampler(data, config(4, 4, true, SingleImage.skip, 10), SEED, 0, 1))
          .hasMessageContaining("data.localityBlock needs data.singleImage: augment");
    }
  }
}
