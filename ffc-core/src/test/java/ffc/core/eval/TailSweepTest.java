package ffc.core.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
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
      List<Double> all = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        for (int j = i + 1; j < n; j++) {
          if (rows.label(i) != rows.label(j)) {
            all.add(RandomEmbeddings.cosine(rows, i, j));
          }
        }
      }
      Collections.sort(all);
      for (double share : new double[] {1e-4, 2e-3, 0.7}) {
        int from = (int) (all.size() * (1 - share));
        float cut = (float) ((all.get(from) + all.get(from - 1)) / 2);
        List<Double> found = new ArrayList<>();
        // Panels of 1,024 columns, so that there are two of them.
        TailSweep.over(
            rows,
            Int8Rows.of(rows),
            cut,
            (similarities, count) -> {
              for (int i = 0; i < count; i++) {
                found.add((double) similarities[i]);
              }
            },
            1024);
        Collections.sort(found);
        List<Double> expected = all.stream().filter(s -> s > cut).toList();
        // A similarity within rounding of the cut may fall on either side.
        long near = all.stream().filter(s -> Math.abs(s - cut) < 1e-6).count();
        assertThat((double) found.size())
            .as("seed %d, share %s", seed, share)
            .isCloseTo(expected.size(), within((double) near));
        for (int i = 1; i <= Math.min(found.size(), expected.size()) - near; i++) {
          assertThat(found.get(found.size() - i))
              .isCloseTo(expected.get(expected.size() - i), within(2e-6));
        }
      }
    }
  }
}
