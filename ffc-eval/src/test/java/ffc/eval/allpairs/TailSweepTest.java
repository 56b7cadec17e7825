package ffc.eval.allpairs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import ffc.engine.ComputeThreads;
import ffc.engine.InnerProduct;
import ffc.eval.embedding.ArrayEmbeddings;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.RandomEmbeddings;
import ffc.eval.embedding.RowView;
import ffc.loaders.data.Progress;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

class TailSweepTest {
  @Test
  void theProductOfRoundedRowsIsAsNearAsTold() {
    Random random = new Random(5);
    for (int round = 0; round < 40; round++) {
      int dim = 1 + random.nextInt(200);
      float[] values = new float[30 * dim];
      for (int i = 0; i < values.length; i++) {
        // Even rows, and rows with few large values, which lose the most.
        values[i] =
            (float) (i / dim % 2 == 0 ? random.nextGaussian() : Math.pow(random.nextGaussian(), 9));
      }
      ArrayEmbeddings rows = ArrayEmbeddings.normalising(values, dim, new long[30]);
      Int8Rows rounded = Int8Rows.of(rows);
      byte[] codes = new byte[30 * dim];
      float[] all = new float[30 * dim];
      rows.read(0, 30, all, 0);
      for (int row = 0; row < 30; row++) {
        Int8Rows.encode(all, row * dim, rounded.scale(row), dim, codes, row * dim);
      }
      for (int a = 0; a < 30; a++) {
        for (int b = 0; b < 30; b++) {
          long product = 0;
          for (int k = 0; k < dim; k++) {
            product += codes[a * dim + k] * codes[b * dim + k];
          }
          double nearly = (double) rounded.scale(a) * rounded.scale(b) * product;
          assertThat(nearly)
              .as("round %d, dim %d, rows %d and %d", round, dim, a, b)
              .isCloseTo(
                  RandomEmbeddings.cosine(rows, a, b), within((double) rounded.farthest(a, b)));
        }
      }
    }
  }

  @Test
  void findsEveryImpostorAboveTheCutAndNoOther() {
    for (long seed = 1; seed <= 4; seed++) {
      int dim = new int[] {3, 24, 64, 200}[(int) seed - 1];
      boolean usable = TailSweep.usable(dim);
      if (!usable) {
        System.out.println("TailSweepTest skipped: no exact 8-bit products on this processor");
      }
      assumeTrue(usable, "no exact 8-bit products on this processor");
      int n = 1300 + 97 * (int) seed;
      Embeddings rows = RowView.sorted(RandomEmbeddings.clusters(seed, n, dim, 300, 0.7));
      double[] all = impostors(rows);
      for (double share : new double[] {1e-4, 2e-3, 0.7}) {
        int from = (int) (all.length * (1 - share));
        float cut = (float) ((all[from] + all[from - 1]) / 2);
        double[] found = new double[all.length];
        int[] count = new int[1];
        // Panels of 1,024 columns, so that there are two of them.
        TailSweep.over(
            rows,
            Int8Rows.of(rows),
            n,
            cut,
            (first, second, similarities, more) -> {
              for (int i = 0; i < more; i++) {
                found[count[0]++] = similarities[i];
              }
            },
            Progress.NONE,
            1024);
        Arrays.sort(found, 0, count[0]);
        // A similarity within rounding of the cut may fall on either side.
        long near = Arrays.stream(all).filter(s -> Math.abs(s - cut) < 1e-6).count();
        long expected = Arrays.stream(all).filter(s -> s > cut).count();
        assertThat((double) count[0])
            .as("seed %d, share %s", seed, share)
            .isCloseTo(expected, within((double) near));
        double farthest = 0;
        for (int i = 1; i <= Math.min(count[0], expected) - near; i++) {
          farthest = Math.max(farthest, Math.abs(found[count[0] - i] - all[all.length - i]));
        }
        assertThat(farthest).as("seed %d, share %s", seed, share).isLessThan(2e-6);
      }
    }
  }

  /** Similarities of all impostor pairs in double precision, ascending. */
  private static double[] impostors(Embeddings rows) {
    int n = rows.size();
    int dim = rows.dim();
    float[] values = new float[n * dim];
    rows.read(0, n, values, 0);
    double[] all = new double[n * (n - 1) / 2];
    int count = 0;
    for (int i = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++) {
        if (rows.label(i) != rows.label(j)) {
          double sum = 0;
          for (int k = 0; k < dim; k++) {
            sum += (double) values[i * dim + k] * values[j * dim + k];
          }
          all[count++] = sum;
        }
      }
    }
    double[] sorted = Arrays.copyOf(all, count);
    Arrays.sort(sorted);
    return sorted;
  }

  /** Two panels, the second of a few columns, and rows that are not a multiple of a block. */
  @Test
  void everyImpostorAboveTheCutOfASmallSetIsFoundOnce() {
    int dim = 9;
    assumeTrue(TailSweep.usable(dim), "no exact 8-bit products on this processor");
    int n = 1100;
    Embeddings rows = RowView.sorted(RandomEmbeddings.clusters(3, n, dim, 300, 0.7));
    float[] values = new float[n * dim];
    rows.read(0, n, values, 0);
    for (float cut : new float[] {0.9f, -0.5f}) {
      long wanted = 0;
      double sum = 0;
      for (int i = 0; i < n; i++) {
        for (int j = i + 1; j < n; j++) {
          float similarity = InnerProduct.of(values, i * dim, values, j * dim, dim);
          if (rows.label(i) != rows.label(j) && similarity > cut) {
            wanted++;
            sum += similarity;
          }
        }
      }
      for (int panel : new int[] {1024, 2048}) {
        long[] found = new long[1];
        double[] total = new double[1];
        TailSweep.over(
            rows,
            Int8Rows.of(rows),
            n,
            cut,
            (first, second, similarities, count) -> {
              found[0] += count;
              for (int i = 0; i < count; i++) {
                total[0] += similarities[i];
              }
            },
            Progress.NONE,
            panel);
        assertThat(found[0]).as("cut %s panel %d", cut, panel).isEqualTo(wanted);
        assertThat(total[0]).isCloseTo(sum, within(1e-6 * Math.abs(sum)));
      }
    }
  }

  @Test
  void theFailureOfAListenerIsTheFailureOfTheSweep() {
    assumeTrue(TailSweep.usable(4), "no exact 8-bit products on this processor");
    Embeddings rows = RandomEmbeddings.clusters(3, 50, 4, 30, 0.7);
    assertThatThrownBy(
            () ->
                TailSweep.over(
                    rows,
                    Int8Rows.of(rows),
                    0.5f,
                    (first, second, similarities, count) -> {
                      throw new IllegalArgumentException("seen enough");
                    }))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("seen enough");
  }

  /** A processor's products, which {@code wrong} spoils, and {@code wrongLargest} the largest. */
  private static boolean exact(int dim, IntUnaryOperator wrong, IntUnaryOperator wrongLargest) {
    return exact(dim, wrong, wrongLargest, row -> row, col -> col);
  }

  /** The same of a processor that reads rows and columns wrongly. */
  private static boolean exact(
      int dim,
      IntUnaryOperator wrong,
      IntUnaryOperator wrongLargest,
      IntUnaryOperator wrongRow,
      IntUnaryOperator wrongCol) {
    return TailSweep.exact(
        dim,
        (rows, cols) -> {
          int r = (int) rows.getShape().get(0);
          int c = (int) cols.getShape().get(0);
          byte[] a = rows.toByteArray();
          byte[] b = cols.toByteArray();
          int[] products = new int[r * c];
          int[] largest = new int[r * c / 32];
          for (int i = 0; i < products.length; i++) {
            int sum = 0;
            for (int k = 0; k < dim; k++) {
              sum +=
                  wrongRow.applyAsInt(a[i / c * dim + k]) * wrongCol.applyAsInt(b[i % c * dim + k]);
            }
            products[i] = wrong.applyAsInt(sum);
            largest[i / 32] =
                i % 32 == 0
                    ? products[i]
                    : Math.max(largest[i / 32], wrongLargest.applyAsInt(products[i]));
          }
          NDManager manager = rows.getManager();
          return new NDList(
              manager.create(products, new Shape(r, c)),
              manager.create(largest, new Shape(r, c / 32)));
        });
  }

  @Test
  void productsAreUsedOnlyWhereTheyAreExact() {
    IntUnaryOperator all = product -> product;
    for (int dim : new int[] {1, 2, 5}) {
      int most = 127 * 127 * dim;
      assertThat(exact(dim, sum -> sum, all)).as("exact ones, dim %d", dim).isTrue();
      assertThat(exact(dim, sum -> Math.min(sum, most - 1), all)).as("cut off above").isFalse();
      assertThat(exact(dim, sum -> Math.max(sum, 1 - most), all)).as("cut off below").isFalse();
      assertThat(exact(dim, sum -> Math.abs(sum) == most ? sum : sum + 1, all))
          .as("wrong for mixed numbers")
          .isFalse();
      assertThat(exact(dim, sum -> sum, product -> product + 1))
          .as("a largest product that is none")
          .isFalse();
    }
    assertThat(
            TailSweep.exact(
                3,
                (rows, cols) -> {
                  throw new EngineException("no such operator");
                }))
        .isFalse();
  }

  /** Each kind of number is in rows and in columns: wrong ones cannot hide behind the others. */
  @Test
  void wrongNumbersOfRowsOrColumnsAloneAreFound() {
    IntUnaryOperator right = number -> number;
    Map<String, IntUnaryOperator> wrong =
        Map.of(
            "negative ones are lost", number -> Math.max(0, number),
            "positive ones are lost", number -> Math.min(0, number),
            "the largest is cut off", number -> Math.min(126, number),
            "neither largest nor smallest are rounded",
                number -> Math.abs(number) == 127 ? number : number & ~1,
            "a sign is taken for a bit",
                number -> number < 0 && number > -127 ? 256 + number : number);
    for (int dim : new int[] {1, 5}) {
      wrong.forEach(
          (what, spoils) -> {
            assertThat(exact(dim, right, right, spoils, right)).as("rows: " + what).isFalse();
            assertThat(exact(dim, right, right, right, spoils)).as("columns: " + what).isFalse();
          });
    }
  }

  private static long found(Embeddings rows, float cut) {
    long[] found = new long[1];
    TailSweep.over(
        rows, Int8Rows.of(rows), cut, (first, second, similarities, count) -> found[0] += count);
    return found[0];
  }

  @Test
  void aSimilarityThatIsTheCutIsNotAboveIt() {
    assumeTrue(TailSweep.usable(4), "no exact 8-bit products on this processor");
    Embeddings rows = RandomEmbeddings.clusters(8, 60, 4, 60, 0.7);
    float[] values = new float[60 * 4];
    rows.read(0, 60, values, 0);
    float cut = InnerProduct.of(values, 17 * 4, values, 41 * 4, 4);
    assertThat(rows.label(17)).isNotEqualTo(rows.label(41));
    assertThat(found(rows, Math.nextDown(cut))).isEqualTo(found(rows, cut) + 1);
  }

  /** The largest 8-bit product is of the column with the smallest scale. */
  @Test
  void belowZeroColumnsOfSmallScaleAreNotLost() {
    assumeTrue(TailSweep.usable(4), "no exact 8-bit products on this processor");
    // Two parts of 32 columns, by scale: rows of one identity, and one with 31 of larger scale.
    float[][] kinds = {{1, 1, 1, 1}, {-1, -1, -1, 1.01f}, {-0.8f, -0.346f, -0.346f, -0.346f}};
    float[] values = new float[64 * 4];
    long[] labels = new long[64];
    for (int row = 0; row < 64; row++) {
      labels[row] = row < 32 ? 0 : row == 32 ? 1 : 2;
      System.arraycopy(kinds[(int) labels[row]], 0, values, row * 4, 4);
    }
    ArrayEmbeddings rows = ArrayEmbeddings.normalising(values, 4, labels);
    // Similarities -0.5 and -0.92 with the first kind, 0.57 of the others.
    assertThat(found(rows, -0.6f)).isEqualTo(32 + 31);
    assertThat(found(rows, -0.95f)).isEqualTo(32 + 31 + 32 * 31);
  }

  @Test
  void threadsThatStartLaterComputeAsThoseBefore() throws Exception {
    assumeTrue(TailSweep.usable(4), "no exact 8-bit products on this processor");
    Embeddings rows = RandomEmbeddings.clusters(3, 50, 4, 30, 0.7);
    int before = JniUtils.getNumThreads();
    ComputeThreads.set(3);
    try {
      assertThat(found(rows, -2)).isPositive();
      int[] later = new int[1];
      Thread thread = new Thread(() -> later[0] = JniUtils.getNumThreads());
      thread.start();
      thread.join();
      assertThat(later[0]).isEqualTo(3);
    } finally {
      ComputeThreads.set(before);
    }
  }

  @Test
  void anInterruptEndsTheSweepAndIsHandedOn() {
    assumeTrue(TailSweep.usable(4), "no exact 8-bit products on this processor");
    Embeddings rows = RandomEmbeddings.clusters(3, 50, 4, 30, 0.7);
    CountDownLatch never = new CountDownLatch(1);
    Thread.currentThread().interrupt();
    assertThatThrownBy(
            () ->
                TailSweep.over(
                    rows,
                    Int8Rows.of(rows),
                    0.5f,
                    (first, second, similarities, count) -> {
                      try {
                        never.await();
                      } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                      }
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("evaluation was interrupted");
    assertThat(Thread.interrupted()).isTrue();
  }
}
