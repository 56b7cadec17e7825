package ffc.loaders.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The two orders by blocks, each for itself; with the sampler: {@link BlockSamplingTest}. */
class BlocksTest {
  private static final long SEED = 4_711;

  /** As many identities as wanted, and nothing else that could be asked for. */
  private static Dataset counting(long identities) {
    return (Dataset)
        Proxy.newProxyInstance(
            BlocksTest.class.getClassLoader(),
            new Class<?>[] {Dataset.class},
            (proxy, method, arguments) ->
                method.getName().equals("identities") ? (Object) identities : "counted");
  }

  private static Dataset set(long identities) {
    return DataSets.open(
        new DataConfig.Source("synthetic", "ids=" + identities + ";mean=3;tail=zipf;seed=2"));
  }

  @Test
  void cutIdentitiesIntoBlocksOfWhichTheLastMayBeSmaller() {
    try (Dataset data = set(10)) {
      Blocks blocks = new Blocks(data, 4, 1);
      assertThat(blocks.count()).isEqualTo(3);
      assertThat(blocks.firstIdentity(0)).isZero();
      assertThat(blocks.firstIdentity(2)).isEqualTo(8);
      assertThat(blocks.firstIdentity(3)).isEqualTo(10);
      assertThat(blocks.firstImage(2)).isEqualTo(data.firstImage(8));
      assertThat(blocks.firstImage(3)).isEqualTo(data.images());
      assertThat(blocks.identities()).isEqualTo(10);
      assertThat(blocks.images()).isEqualTo(data.images());
      assertThat(new Blocks(data, 5, 1).count()).isEqualTo(2);
      assertThat(new Blocks(data, 11, 1).count()).isEqualTo(1);
    }
  }

  @Test
  void refuseToBeMoreThanMemoryBears() {
    long most = 1 << 24;
    assertThatThrownBy(() -> new Blocks(counting(most + 1), 1, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "data.localityBlock 1 makes 16777217 blocks of counted, at most 16777216 are borne;"
                + " make it larger");
    assertThat(new Blocks(counting(most + 1), 2, 1).count()).isEqualTo((1 << 23) + 1);
    assertThat(new Blocks(counting(most), 1, 1).count()).isEqualTo(1 << 24);
  }

  @Test
  void findTheBlockOfAPosition() {
    long[] sums = {0, 3, 3, 10, 11};
    int[] wanted = {0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 3};
    for (int value = 0; value < wanted.length; value++) {
      assertThat(Blocks.find(sums, value)).as("value %d", value).isEqualTo(wanted[value]);
    }
    assertThat(Blocks.find(new long[] {0, 5}, 4)).isZero();
  }

  @Test
  void everyIdentityComesOnceAnEpochAndBlockByBlock() {
    Random random = new Random(SEED);
    for (int identities : new int[] {1, 40, 173}) {
      try (Dataset data = set(identities)) {
        for (int block : new int[] {1, 7, 40, 200}) {
          Blocks blocks = new Blocks(data, block, random.nextLong());
          Order order = new BlockIdOrder(blocks, random.nextLong());
          String what = "seed %d ids %d block %d".formatted(SEED, identities, block);
          assertThat(order.size()).isEqualTo(identities);
          for (long epoch = 0; epoch < 3; epoch++) {
            List<Long> visits = new ArrayList<>();
            BitSet seen = new BitSet();
            for (long position = 0; position < identities; position++) {
              long identity = order.at(epoch, position);
              seen.set((int) identity);
              long of = identity / block;
              if (visits.isEmpty() || visits.get(visits.size() - 1) != of) {
                visits.add(of);
              }
            }
            assertThat(seen.cardinality()).as(what).isEqualTo(identities);
            assertThat(seen.length()).as(what).isEqualTo(identities);
            List<Long> wanted = new ArrayList<>();
            Permutation turns = blocks.order(epoch);
            for (int i = 0; i < blocks.count(); i++) {
              wanted.add(turns.at(i));
            }
            assertThat(visits).as(what).isEqualTo(wanted);
          }
        }
      }
    }
  }

  @Test
  void blocksAndTheirInsideAreInAnotherOrderEveryEpoch() {
    try (Dataset data = set(400)) {
      Blocks blocks = new Blocks(data, 20, 5);
      Order order = new BlockIdOrder(blocks, 6);
      List<List<Long>> inside = new ArrayList<>();
      Set<List<Long>> visits = new HashSet<>();
      for (long epoch = 0; epoch < 4; epoch++) {
        List<Long> ofBlockZero = new ArrayList<>();
        List<Long> blocksSeen = new ArrayList<>();
        for (long position = 0; position < 400; position++) {
          long identity = order.at(epoch, position);
          if (identity < 20) {
            ofBlockZero.add(identity);
          }
          if (position % 20 == 0) {
            blocksSeen.add(identity / 20);
          }
        }
        inside.add(ofBlockZero);
        visits.add(blocksSeen);
      }
      assertThat(new HashSet<>(inside)).hasSize(4);
      assertThat(visits).hasSize(4);
    }
  }

  /** Epochs of the instance loader are counted on through; any place is found from nothing. */
  @Test
  void instancesAreTheSameInWhateverOrderTheyAreAskedFor() {
    Random random = new Random(SEED);
    try (Dataset data = set(60)) {
      for (int trial = 0; trial < 10; trial++) {
        Blocks blocks = new Blocks(data, 1 + random.nextInt(20), random.nextLong());
        double fraction = Math.exp(random.nextDouble() * 6 - 3);
        long key = random.nextLong();
        Order through = new BlockInstanceOrder(blocks, key, fraction);
        assertThat(through.size()).isEqualTo(data.images());
        List<long[]> places = new ArrayList<>();
        for (long epoch = 0; epoch < 4; epoch++) {
          for (long position = 0; position < data.images(); position++) {
            places.add(new long[] {epoch, position, through.at(epoch, position)});
          }
        }
        Collections.shuffle(places, random);
        Order jumping = new BlockInstanceOrder(blocks, key, fraction);
        assertThat(places)
            .as("seed %d trial %d fraction %f", SEED, trial, fraction)
            .allMatch(place -> jumping.at(place[0], place[1]) == place[2]);
      }
    }
  }

  /** The instances of a round are drawn from the blocks in the order of the ID loader's epoch. */
  @Test
  void bothOrdersVisitTheBlocksInStep() {
    try (Dataset data = set(1000)) {
      Blocks blocks = new Blocks(data, 50, 3);
      double fraction = 0.5;
      Order instances = new BlockInstanceOrder(blocks, 9, fraction);
      long[] turns = new long[(int) data.images()];
      long drawn = 0;
      boolean inTheBlock = true;
      for (long round = 0; round < 6; round++) {
        Permutation order = blocks.order(round);
        for (int visit = 0; visit < blocks.count(); visit++) {
          long block = order.at(visit);
          long first = blocks.firstImage(block);
          long images = blocks.firstImage(block + 1) - first;
          long share =
              (long) ((round + 1) * images * fraction) - (long) (round * images * fraction);
          for (long i = 0; i < share; i++, drawn++) {
            long image = instances.at(drawn / data.images(), drawn % data.images());
            inTheBlock &= image >= first && image < first + images;
            turns[(int) image]++;
          }
        }
      }
      assertThat(inTheBlock).isTrue();
      // After six rounds of half of the images each, all had three turns but what was rounded.
      for (long turn : turns) {
        assertThat(turn).isBetween(2L, 3L);
      }
    }
  }

  @Test
  void passesOfABlockDiffer() {
    try (Dataset data = set(30)) {
      Order order = new BlockInstanceOrder(new Blocks(data, 30, 3), 9, 1);
      Set<List<Long>> passes = new HashSet<>();
      for (long epoch = 0; epoch < 5; epoch++) {
        List<Long> pass = new ArrayList<>();
        for (long position = 0; position < data.images(); position++) {
          pass.add(order.at(epoch, position));
        }
        assertThat(pass).doesNotHaveDuplicates();
        passes.add(pass);
      }
      assertThat(passes).hasSize(5);
    }
  }

  @Test
  void shuffledEpochsAreBijectionsAndDiffer() {
    Order order = new ShuffledOrder(100, 8);
    assertThat(order.size()).isEqualTo(100);
    Set<List<Long>> epochs = new HashSet<>();
    for (long epoch : new long[] {0, 1, 7, 1, 0}) {
      List<Long> seen = new ArrayList<>();
      for (long position = 0; position < 100; position++) {
        seen.add(order.at(epoch, position));
      }
      assertThat(seen).doesNotHaveDuplicates();
      assertThat(seen).allMatch(element -> element >= 0 && element < 100);
      epochs.add(seen);
    }
    assertThat(epochs).hasSize(3);
  }
}
