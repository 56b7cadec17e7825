package ffc.eval.clean;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ffc.eval.embedding.ArrayEmbeddings;
import ffc.eval.embedding.Embeddings;
import ffc.loaders.data.Progress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LookAlikeOrderTest {
  private static final int DIM = 24;

  /**
   * One to three images of each identity; identities of one family look alike and stand far from
   * each other. An identity's label is seven times its number.
   */
  private static Embeddings families(long seed, int families, int each, double spread) {
    Random random = new Random(seed);
    int[] images = IntStream.range(0, families * each).map(i -> 1 + random.nextInt(3)).toArray();
    double[][] centres = new double[families][DIM];
    for (double[] centre : centres) {
      Arrays.setAll(centre, k -> random.nextGaussian());
    }
    float[] values = new float[Arrays.stream(images).sum() * DIM];
    long[] labels = new long[values.length / DIM];
    int row = 0;
    for (int identity = 0; identity < images.length; identity++) {
      double[] own = centres[identity % families].clone();
      Arrays.setAll(own, k -> own[k] + spread * random.nextGaussian());
      for (int image = 0; image < images[identity]; image++) {
        labels[row] = 7L * identity;
        for (int k = 0; k < DIM; k++) {
          values[row * DIM + k] = (float) (own[k] + 0.1 * random.nextGaussian());
        }
        row++;
      }
    }
    return ArrayEmbeddings.normalising(values, DIM, labels);
  }

  private static void isAPermutation(LookAlikeOrder order, int count) {
    assertThat(Arrays.stream(order.identities()).sorted().toArray())
        .isEqualTo(LongStream.range(0, count).map(i -> 7 * i).toArray());
  }

  @Test
  void familiesStandInOneBlock() {
    for (long seed = 1; seed <= 5; seed++) {
      LookAlikeOrder order =
          LookAlikeOrder.of(families(seed, 16, 20, 0.3), 20, 1000, Progress.NONE);
      isAPermutation(order, 320);
      assertThat(order.byChance()).isCloseTo(19.0 / 319, within(1e-12));
      assertThat(order.kept())
          .as("seed %d", seed)
          .isGreaterThan(0.6); // a half may cut through a family
    }
  }

  /** Halves of seven blocks end where a block does; else the parts would not be the blocks. */
  @Test
  void partsEndWhereBlocksDo() {
    double kept = 0;
    for (long seed = 1; seed <= 5; seed++) {
      kept += LookAlikeOrder.of(families(seed, 7, 20, 0.05), 20, 1000, Progress.NONE).kept() / 5;
    }
    assertThat(kept).isGreaterThan(0.75);
  }

  /** With room for a part of the means alone: still every identity once, and families together. */
  @Test
  void setsBeyondTheMemoryAreOrderedInStages() {
    for (long seed = 1; seed <= 5; seed++) {
      Random random = new Random(seed);
      int families = 20 + random.nextInt(20);
      int block = 10 + random.nextInt(20);
      Embeddings images = families(seed, families, 30, 0.3);
      double whole = LookAlikeOrder.of(images, block, 10_000, Progress.NONE).kept();
      for (int memory : new int[] {0, 10 * block, 400, 30 * families - 1}) {
        LookAlikeOrder order = LookAlikeOrder.of(images, block, memory, Progress.NONE);
        isAPermutation(order, 30 * families);
        // With two blocks in memory a part's centre comes from a row or two.
        assertThat(order.kept())
            .as("seed %d, %d families, block %d, memory %d", seed, families, block, memory)
            .isGreaterThan(memory == 0 ? order.byChance() : 0.5 * whole);
        assertThat(LookAlikeOrder.of(images, block, memory, Progress.NONE).identities())
            .isEqualTo(order.identities());
      }
    }
  }

  /** What is kept, by the definition and in double precision. */
  @Test
  void countsTheNearestThatStandInTheBlock() {
    int count = 120;
    int block = 16;
    Embeddings images = families(9, 12, 10, 0.8);
    LookAlikeOrder order = LookAlikeOrder.of(images, block, 1000, Progress.NONE);
    double[][] means = new double[count][DIM];
    float[] row = new float[DIM];
    for (int i = 0; i < images.size(); i++) {
      images.read(i, 1, row, 0);
      double[] mean = means[(int) (images.label(i) / 7)];
      Arrays.setAll(mean, k -> mean[k] + row[k]);
    }
    Map<Long, Integer> blockOf = new HashMap<>();
    for (int place = 0; place < count; place++) {
      blockOf.put(order.identities()[place], place / block);
    }
    int same = 0;
    for (int a = 0; a < count; a++) {
      int one = a;
      same +=
          (int)
              IntStream.range(0, count)
                  .filter(b -> b != one)
                  .boxed()
                  .sorted(
                      (b, c) ->
                          Double.compare(
                              cosine(means[one], means[c]), cosine(means[one], means[b])))
                  .limit(10)
                  .filter(b -> blockOf.get(7L * b).equals(blockOf.get(7L * one)))
                  .count();
    }
    assertThat(order.kept()).isCloseTo(same / (10.0 * count), within(1e-9));
    assertThat(order.kept()).isBetween(0.3, 0.95);
  }

  private static double cosine(double[] a, double[] b) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int k = 0; k < a.length; k++) {
      ab += a[k] * b[k];
      aa += a[k] * a[k];
      bb += b[k] * b[k];
    }
    return ab / Math.sqrt(aa * bb);
  }

  /** Identities that are all alike have no direction to be split by. */
  @Test
  void equalIdentitiesAreSplitAllTheSame() {
    float[] values = new float[50 * DIM];
    Arrays.fill(values, 1);
    Embeddings images =
        ArrayEmbeddings.normalising(values, DIM, LongStream.range(0, 50).map(i -> 7 * i).toArray());
    isAPermutation(LookAlikeOrder.of(images, 8, 20, Progress.NONE), 50);
  }

  @Test
  void refusesASetOfLessThanTwoBlocks() {
    assertThatThrownBy(() -> LookAlikeOrder.of(families(1, 3, 10, 0.3), 16, 1000, Progress.NONE))
        .hasMessage("30 identities make no two blocks of 16; make the blocks smaller");
  }
}
