package ffc.pfc.triplet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SemiHardTripletsTest {

  @Test
  void agreesWithANaiveReferenceAndItsCentralDifferences() {
    int compared = 0;
    for (long seed = 0; seed < 40; seed++) {
      Random random = new Random(seed);
      int n = 4 + random.nextInt(10);
      long[] ids = random.longs(n, 0, 4).toArray();
      float[] cosines = new float[n * n];
      for (int i = 0; i < cosines.length; i++) {
        cosines[i] = 2 * random.nextFloat() - 1;
      }
      SemiHardTriplets.Result result = SemiHardTriplets.of(cosines, ids, 0.3, 0.5);
      assertThat(result.loss())
          .as("seed " + seed)
          .isCloseTo(naive(cosines, ids, 0.3, 0.5), within(1e-9));
      for (int i = 0; i < cosines.length; i++) {
        float[] up = cosines.clone();
        float[] down = cosines.clone();
        up[i] += 1e-4f;
        down[i] -= 1e-4f;
        double here = naive(cosines, ids, 0.3, 0.5);
        double right = (naive(up, ids, 0.3, 0.5) - here) / ((double) up[i] - cosines[i]);
        double left = (here - naive(down, ids, 0.3, 0.5)) / ((double) cosines[i] - down[i]);
        if (Math.abs(right - left) > 1e-4) {
          continue; // a kink: another negative, or a loss that reaches zero
        }
        compared++;
        double expected = (left + right) / 2;
        assertThat((double) result.cosineGradient()[i])
            .as("seed " + seed + ", entry " + i)
            .isCloseTo(expected, within(1e-3));
      }
    }
    assertThat(compared).isGreaterThan(1000);
  }

  private static double naive(float[] cosines, long[] ids, double margin, double weight) {
    int n = ids.length;
    double sum = 0;
    int pairs = 0;
    for (int a = 0; a < n; a++) {
      for (int p = 0; p < n; p++) {
        if (a == p || ids[a] != ids[p]) {
          continue;
        }
        double positive = 2 - 2.0 * cosines[a * n + p];
        double semiHard = Double.POSITIVE_INFINITY;
        double farthest = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < n; k++) {
          if (ids[k] != ids[a]) {
            double d = 2 - 2.0 * cosines[a * n + k];
            farthest = Math.max(farthest, d);
            if (d > positive) {
              semiHard = Math.min(semiHard, d);
            }
          }
        }
        if (farthest > Double.NEGATIVE_INFINITY) {
          pairs++;
          double negative = Double.isFinite(semiHard) ? semiHard : farthest;
          sum += Math.max(0, positive - negative + margin);
        }
      }
    }
    return pairs == 0 ? 0 : weight * sum / pairs;
  }

  @Test
  void aBatchWithoutPairsOrNegativesHasNoLoss() {
    float[] cosines = new float[9];
    assertThat(SemiHardTriplets.of(cosines, new long[] {1, 2, 3}, 0.2, 1).loss()).isZero();
    assertThat(SemiHardTriplets.of(cosines, new long[] {1, 1, 1}, 0.2, 1).loss()).isZero();
  }
}
