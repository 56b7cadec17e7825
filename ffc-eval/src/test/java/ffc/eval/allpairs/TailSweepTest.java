package ffc.eval.allpairs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ffc.engine.InnerProduct;
import ffc.eval.embedding.ArrayEmbeddings;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.RandomEmbeddings;
import ffc.eval.embedding.RowView;
import java.util.Arrays;
import java.util.Random;
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
            cut,
            (similarities, more) -> {
              for (int i = 0; i < more; i++) {
                found[count[0]++] = similarities[i];
              }
            },
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
            cut,
            (similarities, count) -> {
              found[0] += count;
              for (int i = 0; i < count; i++) {
                total[0] += similarities[i];
              }
            },
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
                    (similarities, count) -> {
                      throw new IllegalArgumentException("seen enough");
                    }))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("seen enough");
  }
}
