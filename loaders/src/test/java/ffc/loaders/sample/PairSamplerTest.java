package ffc.loaders.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ffc.loaders.DataSets;
import ffc.loaders.data.Cursor;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.DataConfig.SingleImage;
import ffc.loaders.data.DataConfigBuilder;
import ffc.loaders.data.Dataset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PairSamplerTest {
  static final long SEED = 31_337;

  static Dataset set(long identities) {
    return DataSets.open(
        new DataConfig.Source("synthetic", "ids=" + identities + ";mean=3;tail=zipf;seed=2"));
  }

  static DataConfig config(
      int ids, int instances, boolean partner, SingleImage single, long block) {
    return DataConfigBuilder.builder()
        .train(new DataConfig.Source("synthetic", "-"))
        .idsPerBatch(ids)
        .instancesPerBatch(instances)
        .instancePartner(partner)
        .singleImage(single)
        .localityBlock(block)
        .workers(1)
        .prefetch(1)
        .build();
  }

  /** What all ranks together draw in a step, in the world's order. */
  record Draw(List<Long> ids, List<Long> instances, Cursor next) {}

  static Draw draw(Dataset data, DataConfig config, long seed, int trainers, Cursor cursor) {
    List<Long> ids = new ArrayList<>();
    List<Long> instances = new ArrayList<>();
    Cursor next = null;
    for (int rank = 0; rank < trainers; rank++) {
      PairSampler sampler = new PairSampler(data, config, seed, rank, trainers);
      next = sampler.after(cursor);
      PairPlan plan = sampler.plan(cursor, next);
      for (int row = 0; row < plan.x().length; row++) {
        if (row < plan.idPairs()) {
          ids.add(data.identityOf(plan.x()[row]));
          assertThat(data.identityOf(plan.y()[row])).isEqualTo(data.identityOf(plan.x()[row]));
        } else {
          instances.add(plan.x()[row]);
          if (!config.instancePartner()) {
            instances.add(plan.y()[row]);
          }
        }
      }
    }
    return new Draw(ids, instances, next);
  }

  /**
   * The run is cut at random steps and goes on with another number of trainers each time: still
   * every identity and every image comes once an epoch, in the order that one trainer sees.
   */
  @Test
  void everySampleOfAnEpochIsSeenOnceOverRandomCutsAndTrainerCounts() {
    for (int trial = 0; trial < 40; trial++) {
      long trialSeed = SEED + trial;
      Random random = new Random(trialSeed);
      try (Dataset data = set(20 + random.nextInt(200))) {
        boolean partner = random.nextBoolean();
        SingleImage single = random.nextInt(3) == 0 ? SingleImage.skip : SingleImage.augment;
        long block =
            single == SingleImage.augment && random.nextBoolean() ? 1 + random.nextInt(40) : 0;
        DataConfig perTrainer =
            config(1 + random.nextInt(9), 2 * (1 + random.nextInt(5)), partner, single, block);
        List<Long> ids = new ArrayList<>();
        List<Long> instances = new ArrayList<>();
        Cursor cursor = Cursor.START;
        while (cursor.idEpoch() < 2 || cursor.epoch() < 2) {
          int trainers = 1 + random.nextInt(4);
          for (int step = random.nextInt(6); step >= 0; step--) {
            Draw draw = draw(data, perTrainer, trialSeed, trainers, cursor);
            ids.addAll(draw.ids());
            instances.addAll(draw.instances());
            cursor = draw.next();
          }
        }
        String what = "seed %d %s".formatted(trialSeed, perTrainer);
        PairSampler alone = new PairSampler(data, perTrainer, trialSeed, 0, 1);
        List<Long> wantIds = new ArrayList<>();
        List<Long> wantInstances = new ArrayList<>();
        Cursor at = Cursor.START;
        while (wantIds.size() < ids.size() || wantInstances.size() < instances.size()) {
          Draw draw = draw(data, perTrainer, trialSeed, 1, at);
          wantIds.addAll(draw.ids());
          wantInstances.addAll(draw.instances());
          at = alone.after(at);
        }
        assertThat(ids).as(what).isEqualTo(wantIds.subList(0, ids.size()));
        assertThat(instances).as(what).isEqualTo(wantInstances.subList(0, instances.size()));
        long multiple = 0;
        for (long id = 0; id < data.identities(); id++) {
          multiple += data.imageCount(id) > 1 ? 1 : 0;
        }
        int epoch = (int) (single == SingleImage.skip ? multiple : data.identities());
        assertThat(ids.subList(0, epoch)).as(what).doesNotHaveDuplicates();
        assertThat(ids.subList(epoch, 2 * epoch)).as(what).doesNotHaveDuplicates();
        if (block == 0) {
          assertThat(instances.subList(0, (int) data.images())).as(what).doesNotHaveDuplicates();
        }
      }
    }
  }

  private static Dataset constant(long identities, int images) {
    return DataSets.open(
        new DataConfig.Source(
            "synthetic", "ids=%d;mean=%d;tail=constant;seed=1".formatted(identities, images)));
  }

  /** Chi-square over the 12 ordered pairs of 4 images: mean 11, deviation 4.7. */
  @Test
  void everyTwoImagesOfAnIdentityMeetEquallyOften() {
    try (Dataset data = constant(10, 4)) {
      PairSampler sampler =
          new PairSampler(data, config(5, 10, true, SingleImage.augment, 0), SEED, 0, 1);
      int[][] ofIds = new int[4][4];
      int[][] ofInstances = new int[4][4];
      Cursor cursor = Cursor.START;
      for (int step = 0; step < 1200; step++) {
        Cursor next = sampler.after(cursor);
        PairPlan plan = sampler.plan(cursor, next);
        for (int row = 0; row < plan.x().length; row++) {
          long x = plan.x()[row];
          long y = plan.y()[row];
          assertThat(data.identityOf(x)).isEqualTo(data.identityOf(y));
          (row < plan.idPairs() ? ofIds : ofInstances)[(int) (x % 4)][(int) (y % 4)]++;
        }
        cursor = next;
      }
      for (int[][] pairs : List.of(ofIds, ofInstances)) {
        double sum = 0;
        for (int x = 0; x < 4; x++) {
          for (int y = 0; y < 4; y++) {
            sum += x == y ? 0 : Math.pow(pairs[x][y] - 500, 2) / 500;
          }
          assertThat(pairs[x][x]).isZero();
        }
        assertThat(sum).isLessThan(40);
      }
    }
  }

  /** Draws of identities of n images over many epochs, against n^a. */
  @Test
  void identitiesComeInProportionToAPowerOfTheirImages() {
    for (double power : new double[] {0, 0.5, 1}) {
      try (Dataset data = set(300)) {
        DataConfig config =
            DataConfigBuilder.builder(config(50, 0, true, SingleImage.augment, 0))
                .idPower(power)
                .build();
        PairSampler sampler = new PairSampler(data, config, SEED, 0, 1);
        Map<Long, Double> byCount = new LinkedHashMap<>();
        Map<Long, Double> expected = new LinkedHashMap<>();
        double sum = 0;
        for (long id = 0; id < data.identities(); id++) {
          sum += Math.pow(data.imageCount(id), power);
        }
        for (long id = 0; id < data.identities(); id++) {
          long count = data.imageCount(id);
          expected.merge(count, 50_000 * Math.pow(count, power) / sum, Double::sum);
        }
        Cursor cursor = Cursor.START;
        for (int step = 0; step < 1000; step++) {
          Cursor next = sampler.after(cursor);
          for (long image : sampler.plan(cursor, next).x()) {
            byCount.merge(data.imageCount(data.identityOf(image)), 1.0, Double::sum);
          }
          cursor = next;
        }
        assertThat(byCount.values().stream().mapToDouble(Double::doubleValue).sum())
            .isEqualTo(50_000);
        expected.forEach(
            (count, want) ->
                assertThat(byCount.getOrDefault(count, 0.0))
                    .as("seed %d, power %s, %d images", SEED, power, count)
                    .isCloseTo(want, within(5 * Math.sqrt(want) + 0.005 * want)));
      }
    }
  }

  @Test
  void theShareOfTheIdLoaderMovesAndBatchesKeepTheirSize() {
    DataConfig config =
        DataConfigBuilder.builder(config(8, 8, true, SingleImage.augment, 0))
            .mix(new DataConfig.Mix(2, 10L, 16L))
            .build();
    try (Dataset data = set(50)) {
      PairSampler sampler = new PairSampler(data, config, SEED, 0, 1);
      List<Integer> ids = new ArrayList<>();
      Cursor cursor = Cursor.START;
      long images = 0;
      for (int step = 0; step < 20; step++) {
        Cursor next = sampler.after(cursor);
        PairPlan plan = sampler.plan(cursor, next);
        ids.add(plan.idPairs());
        images += 12 - plan.idPairs();
        assertThat(plan.x()).hasSize(12);
        cursor = next;
      }
      assertThat(ids).containsExactly(2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 4, 5, 6, 7, 8, 8, 8, 8);
      assertThat(cursor.step()).isEqualTo(20);
      assertThat(cursor.epoch() * data.images() + cursor.position()).isEqualTo(images);
    }
    assertThat(config.identitiesPerBatch()).isEqualTo(12);
    assertThat(config.drawsPerBatch()).isEqualTo(2 + 2 * 10);
  }

  /** As for fixed shares: cut at random steps, each part with another number of trainers. */
  @Test
  void movingSharesAndPowersBearRandomCutsAndNumbersOfTrainers() {
    for (int trial = 0; trial < 30; trial++) {
      Random random = new Random(SEED + trial);
      try (Dataset data = set(20 + random.nextInt(200))) {
        SingleImage single = random.nextBoolean() ? SingleImage.skip : SingleImage.augment;
        DataConfig config =
            DataConfigBuilder.builder(
                    config(random.nextInt(12), 12, random.nextBoolean(), single, 0))
                .idPower(random.nextInt(3) / 2.0)
                .mix(new DataConfig.Mix(random.nextInt(6), 3L, 3L + random.nextInt(9)))
                .build();
        String what = "seed %d %s".formatted(SEED + trial, config);
        // The world's draws of a step grow with the trainers, so that steps are compared, not runs.
        Cursor cursor = Cursor.START;
        for (int step = 0; step < 15; step++) {
          int trainers = 1 + random.nextInt(4);
          Draw world = draw(data, config, SEED, trainers, cursor);
          assertThat(draw(data, config, SEED, trainers, cursor)).as(what).isEqualTo(world);
          Draw first = draw(data, config, SEED, 1, cursor);
          assertThat(world.ids().subList(0, first.ids().size())).as(what).isEqualTo(first.ids());
          assertThat(world.instances().subList(0, first.instances().size()))
              .as(what)
              .isEqualTo(first.instances());
          assertThat(world.ids()).as(what).hasSize(trainers * config.idsOfBatch(step));
          cursor = world.next();
        }
      }
    }
  }

  @Test
  void aSingleImageIsPairedWithItself() {
    try (Dataset data = constant(10, 1)) {
      PairSampler sampler =
          new PairSampler(data, config(5, 10, true, SingleImage.augment, 0), SEED, 0, 1);
      PairPlan plan = sampler.plan(Cursor.START, sampler.after(Cursor.START));
      assertThat(plan.y()).isEqualTo(plan.x());
      assertThat(plan.xKeys()).doesNotContain(plan.yKeys());
    }
  }

  /** Equal keys would give two images the same crop and the same flip. */
  @Test
  void noTwoImagesOfARunShareAKeyOfAugmentation() {
    for (boolean partner : new boolean[] {true, false}) {
      try (Dataset data = set(20)) {
        DataConfig config = config(3, 8, partner, SingleImage.augment, 0);
        Set<Long> keys = new HashSet<>();
        int images = 0;
        for (int rank = 0; rank < 2; rank++) {
          PairSampler sampler = new PairSampler(data, config, SEED, rank, 2);
          Cursor cursor = Cursor.START;
          for (int step = 0; step < 50; step++) {
            Cursor next = sampler.after(cursor);
            PairPlan plan = sampler.plan(cursor, next);
            for (long[] side : List.of(plan.xKeys(), plan.yKeys())) {
              for (long key : side) {
                keys.add(key);
                images++;
              }
            }
            cursor = next;
          }
        }
        assertThat(keys).hasSize(images);
      }
    }
  }

  @Test
  void aPlanSaysWhichRowsArePairs() {
    try (Dataset data = set(20)) {
      for (boolean partner : new boolean[] {true, false}) {
        PairSampler sampler =
            new PairSampler(data, config(2, 4, partner, SingleImage.augment, 0), SEED, 0, 1);
        Cursor next = sampler.after(Cursor.START);
        PairPlan plan = sampler.plan(Cursor.START, next);
        assertThat(plan.start()).isEqualTo(Cursor.START);
        assertThat(plan.next()).isEqualTo(next);
        assertThat(plan.x()).hasSize(4);
        assertThat(plan.idPairs()).isEqualTo(2);
        assertThat(plan.isPair(1)).isTrue();
        assertThat(plan.isPair(2)).isEqualTo(partner);
      }
    }
  }

  @Test
  void refusesWhatCannotBeDrawn() {
    try (Dataset data = set(30)) {
      DataConfig sound = config(4, 4, true, SingleImage.augment, 0);
      for (int rank : new int[] {-1, 2}) {
        assertThatThrownBy(() -> new PairSampler(data, sound, SEED, rank, 2))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage("rank is " + rank + ", wanted 0 to trainers - 1 = 1");
      }
      assertThatThrownBy(
              () -> new PairSampler(data, config(4, 3, true, SingleImage.augment, 0), SEED, 0, 1))
          .hasMessage("data.instancesPerBatch is 3, wanted an even number");
      assertThatThrownBy(
              () -> new PairSampler(data, config(0, 0, true, SingleImage.augment, 0), SEED, 0, 1))
          .hasMessageContaining("are both 0: nothing to train on");
    }
  }

  @Test
  void refusesToSkipWhenAllIdentitiesAreSingle() {
    try (Dataset data =
        DataSets.open(new DataConfig.Source("synthetic", "ids=20;mean=1;tail=constant;seed=1"))) {
      PairSampler sampler =
          new PairSampler(data, config(4, 4, true, SingleImage.skip, 0), SEED, 0, 1);
      assertThatThrownBy(() -> sampler.after(Cursor.START))
          .hasMessageContaining("every identity has a single image");
    }
  }

  /** Whose identity has no other image makes no pair; turns and all other pairs stay. */
  @Test
  void anImageAloneStandsOppositeAnyOtherOfTheSet() {
    try (Dataset data = set(300)) {
      PairSampler augmented =
          new PairSampler(data, config(16, 16, true, SingleImage.augment, 0), SEED, 0, 1);
      PairSampler alone =
          new PairSampler(data, config(16, 16, true, SingleImage.alone, 0), SEED, 0, 1);
      Set<Long> opposite = new HashSet<>();
      int pairs = 0;
      Cursor cursor = Cursor.START;
      for (int step = 0; step < 40; step++) {
        Cursor next = alone.after(cursor);
        assertThat(next).isEqualTo(augmented.after(cursor));
        PairPlan plan = alone.plan(cursor, next);
        PairPlan usual = augmented.plan(cursor, next);
        assertThat(plan.x()).isEqualTo(usual.x());
        for (int row = 0; row < plan.x().length; row++) {
          boolean single = data.imageCount(data.identityOf(plan.x()[row])) == 1;
          assertThat(plan.isPair(row)).isEqualTo(!single);
          assertThat(usual.isPair(row)).isTrue();
          if (single) {
            opposite.add(plan.y()[row]);
            assertThat(plan.y()[row]).isBetween(0L, data.images() - 1);
          } else {
            pairs++;
            assertThat(plan.y()[row]).isEqualTo(usual.y()[row]);
          }
        }
        cursor = next;
      }
      assertThat(pairs).isPositive();
      assertThat(opposite).hasSizeGreaterThan(50);
    }
  }
}
