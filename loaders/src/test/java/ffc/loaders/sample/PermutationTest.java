package ffc.loaders.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PermutationTest {
  private static final long SEED = 20_241;

  @Test
  void isABijectionForManySizes() {
    Random random = new Random(SEED);
    for (int trial = 0; trial < 400; trial++) {
      int n = trial < 200 ? trial + 1 : 1 + random.nextInt(20_000);
      long key = random.nextLong();
      Permutation permutation = new Permutation(n, key);
      BitSet seen = new BitSet(n);
      for (int i = 0; i < n; i++) {
        long x = permutation.at(i);
        assertThat(x).as("seed %d n %d key %d index %d", SEED, n, key, i).isBetween(0L, n - 1L);
        seen.set((int) x);
      }
      assertThat(seen.cardinality()).as("seed %d n %d key %d", SEED, n, key).isEqualTo(n);
    }
  }

  @Test
  void staysInRangeAndInjectiveForHugeSizes() {
    Random random = new Random(SEED);
    for (long n : new long[] {300_000_000L, 1_000_000_000_000L, (1L << 40) + 1, 1L << 62}) {
      Permutation permutation = new Permutation(n, random.nextLong());
      it.unimi.dsi.fastutil.longs.LongOpenHashSet seen =
          new it.unimi.dsi.fastutil.longs.LongOpenHashSet();
      for (int i = 0; i < 20_000; i++) {
        long x = permutation.at(n / 2 + i);
        assertThat(x).isBetween(0L, n - 1);
        assertThat(seen.add(x)).as("n %d index %d", n, i).isTrue();
      }
    }
  }

  /** Chi-square over 64 cells, 63 degrees of freedom: mean 63, deviation 11.2. */
  @Test
  void spreadsEveryPositionEvenlyOverKeys() {
    Random random = new Random(SEED);
    for (int n : new int[] {64, 1000, 4096, 5000, 100_003}) {
      for (int position : new int[] {0, 1, n / 2, n - 1}) {
        int draws = 6400;
        int[] cells = new int[64];
        for (int i = 0; i < draws; i++) {
          cells[(int) (new Permutation(n, random.nextLong()).at(position) * 64 / n)]++;
        }
        assertThat(chiSquare(cells, draws)).as("n %d position %d", n, position).isLessThan(130);
      }
    }
  }

  @Test
  void spreadsEveryStretchOfAnEpochEvenly() {
    for (int key = 0; key < 20; key++) {
      for (int n : new int[] {10_000, 65_536, 1_000_003}) {
        Permutation permutation = new Permutation(n, key);
        int draws = 6400;
        int[] cells = new int[64];
        int[] steps = new int[64];
        for (int i = 0; i < draws; i++) {
          cells[(int) (permutation.at(i) * 64 / n)]++;
          long step = permutation.at(i + 1) - permutation.at(i);
          steps[(int) (Math.floorMod(step, (long) n) * 64 / n)]++;
        }
        assertThat(chiSquare(cells, draws)).as("n %d key %d", n, key).isLessThan(130);
        assertThat(chiSquare(steps, draws)).as("steps n %d key %d", n, key).isLessThan(140);
      }
    }
  }

  @Test
  void consecutiveKeysGiveUnrelatedOrders() {
    int n = 10_000;
    for (int key = 0; key < 50; key++) {
      Permutation one = new Permutation(n, key);
      Permutation other = new Permutation(n, key + 1);
      int equal = 0;
      int shifted = 0;
      for (int i = 0; i < n; i++) {
        equal += one.at(i) == other.at(i) ? 1 : 0;
        shifted += one.at((i + 1) % n) == other.at(i) ? 1 : 0;
      }
      // One fixed point is expected between unrelated orders; ten has probability 1e-7.
      assertThat(equal).as("key %d", key).isLessThan(10);
      assertThat(shifted).as("key %d", key).isLessThan(10);
    }
  }

  /** A resumed run goes on in the order in which an earlier version began its epoch. */
  @Test
  void theOrderIsThatOfEarlierVersions() {
    assertOrder(10, 1, 7L, 3L, 4L, 8L, 2L, 6L);
    assertOrder(1000, -7, 396L, 954L, 715L, 585L, 313L, 736L);
    assertOrder(
        1L << 40,
        5,
        34897850488L,
        649900769437L,
        609780812132L,
        788247781160L,
        1056516797304L,
        273458669279L);
  }

  private static void assertOrder(long n, long key, long... first) {
    Permutation permutation = new Permutation(n, key);
    assertThat(permutation.size()).isEqualTo(n);
    for (int i = 0; i < first.length; i++) {
      assertThat(permutation.at(i)).as("n %d index %d", n, i).isEqualTo(first[i]);
    }
  }

  @Test
  void refusesSizesAndIndexesOutOfRange() {
    assertThatThrownBy(() -> new Permutation(0, 1)).isInstanceOf(IllegalArgumentException.class);
    Permutation permutation = new Permutation(5, 1);
    assertThatThrownBy(() -> permutation.at(5)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  private static double chiSquare(int[] cells, int draws) {
    double expected = (double) draws / cells.length;
    double sum = 0;
    for (int cell : cells) {
      sum += (cell - expected) * (cell - expected) / expected;
    }
    return sum;
  }
}
