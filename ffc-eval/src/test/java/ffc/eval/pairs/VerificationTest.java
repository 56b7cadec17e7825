package ffc.eval.pairs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class VerificationTest {
  @Test
  void agreesWithTheProtocolWrittenOutFoldByFold() {
    for (long seed = 1; seed <= 12; seed++) {
      Random random = new Random(seed);
      int n = 10 + random.nextInt(seed % 2 == 0 ? 40 : 6000);
      double[] distances = new double[n];
      boolean[] same = new boolean[n];
      for (int i = 0; i < n; i++) {
        same[i] = random.nextBoolean();
        double distance = (same[i] ? 1.2 : 1.9) + 0.35 * random.nextGaussian();
        // Every tenth value lies exactly on the grid.
        distances[i] = i % 10 == 0 ? Math.rint(distance * 100) * 0.01 : distance;
      }
      double[] accuracies = new double[10];
      double[] tars = new double[10];
      int from = 0;
      for (int fold = 0; fold < 10; fold++) {
        int to = from + n / 10 + (fold < n % 10 ? 1 : 0);
        accuracies[fold] = naiveAccuracy(distances, same, from, to);
        tars[fold] = naiveTar(distances, same, from, to);
        from = to;
      }
      Verification result = Verification.of(distances, same);
      assertThat(result.accuracyMean())
          .as("seed %d", seed)
          .isCloseTo(Arrays.stream(accuracies).average().orElseThrow(), within(1e-12));
      double mean = result.accuracyMean();
      double variance =
          Arrays.stream(accuracies).map(a -> (a - mean) * (a - mean)).average().orElseThrow();
      assertThat(result.accuracyStd()).isCloseTo(Math.sqrt(variance), within(1e-12));
      assertThat(result.tarMean())
          .as("seed %d", seed)
          .isCloseTo(
              Arrays.stream(tars).filter(tar -> tar >= 0).average().orElseThrow(), within(1e-12));
    }
  }

  @Test
  void takesDistancesFromPairsOfRows() {
    float[] rows = new float[40 * 2];
    for (int pair = 0; pair < 20; pair++) {
      rows[4 * pair] = 1;
      rows[4 * pair + 2 + (pair % 2)] = 1;
    }
    Verification result = Verification.of(rows, 2, pair -> pair % 2 == 0);
    assertThat(result.accuracyMean()).isEqualTo(1.0);
    assertThat(result.accuracyStd()).isZero();
    assertThat(result.thresholds()).containsOnly(0.01);
  }

  @Test
  void foldsWithoutGenuinePairsDoNotCountAsMisses() {
    // Sorted by kind, as many published lists are: 30 genuine pairs, then 30 impostors, all apart.
    double[] distances = new double[60];
    boolean[] same = new boolean[60];
    for (int i = 0; i < 60; i++) {
      same[i] = i < 30;
      distances[i] = same[i] ? 0.5 : 1.9;
    }
    Verification result = Verification.of(distances, same);
    assertThat(result.accuracyMean()).isEqualTo(1);
    assertThat(result.tarMean()).isEqualTo(1);
    assertThat(result.tarStd()).isZero();
    assertThat(result.foldsWithoutTar()).containsExactly(6, 7, 8, 9, 10);
  }

  @Test
  void ratesThatAreNotDefinedAreAbsent() {
    boolean[] same = new boolean[20];
    Arrays.fill(same, true);
    Verification genuineOnly = Verification.of(new double[20], same);
    assertThat(genuineOnly.tarMean()).isNull();
    assertThat(genuineOnly.farMean()).isNull();
    assertThat(genuineOnly.foldsWithoutTar()).hasSize(10);
    double[] far = new double[20];
    Arrays.fill(far, 1.9);
    Verification impostorsOnly = Verification.of(far, new boolean[20]);
    assertThat(impostorsOnly.tarMean()).isNull();
    assertThat(impostorsOnly.farMean()).isNotNull();
  }

  @Test
  void impostorsBeyondEveryThresholdLeaveTheLastOne() {
    double[] distances = new double[20];
    boolean[] same = new boolean[20];
    for (int i = 0; i < 20; i++) {
      same[i] = i % 2 == 0;
      distances[i] = same[i] ? 3.9 : 4;
    }
    assertThat(Verification.of(distances, same).tarMean()).isEqualTo(1);
  }

  @Test
  void needsTenPairs() {
    assertThatThrownBy(() -> Verification.of(new double[9], new boolean[9]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got 9");
  }

  private static double naiveAccuracy(double[] distances, boolean[] same, int from, int to) {
    int best = -1;
    double threshold = 0;
    for (int t = 0; t < 400; t++) {
      int right = 0;
      for (int i = 0; i < distances.length; i++) {
        if (i < from || i >= to) {
          right += (distances[i] < t * 0.01) == same[i] ? 1 : 0;
        }
      }
      if (right > best) {
        best = right;
        threshold = t * 0.01;
      }
    }
    int right = 0;
    for (int i = from; i < to; i++) {
      right += (distances[i] < threshold) == same[i] ? 1 : 0;
    }
    return (double) right / (to - from);
  }

  private static double naiveTar(double[] distances, boolean[] same, int from, int to) {
    List<Double> far = new ArrayList<>();
    for (int t = 0; t < 4000; t++) {
      int accepted = 0;
      int all = 0;
      for (int i = 0; i < distances.length; i++) {
        if ((i < from || i >= to) && !same[i]) {
          all++;
          accepted += distances[i] < t * 0.001 ? 1 : 0;
        }
      }
      far.add((double) accepted / all);
    }
    double threshold = 0;
    for (int t = 0; t + 1 < 4000; t++) {
      if (far.get(t) <= 1e-3 && far.get(t + 1) > 1e-3) {
        threshold = (t + (1e-3 - far.get(t)) / (far.get(t + 1) - far.get(t))) * 0.001;
      }
    }
    int accepted = 0;
    int all = 0;
    for (int i = from; i < to; i++) {
      if (same[i]) {
        all++;
        accepted += distances[i] < threshold ? 1 : 0;
      }
    }
    return all == 0 ? Double.NaN : (double) accepted / all;
  }
}
