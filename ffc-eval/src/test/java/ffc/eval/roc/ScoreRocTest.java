package ffc.eval.roc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ScoreRocTest {
  @Test
  void hasThePointsOfScikitLearn() {
    // roc_curve([0,0,1,1,0,1,0,0], [.1,.4,.35,.8,.4,-.7,-.9,-.9]): fpr 0 0 .4 .4 .6 .6 1, tpr 0 1/3
    // ...
    ScoreRoc roc =
        ScoreRoc.of(
            new float[] {.1f, .4f, .35f, .8f, .4f, -.7f, -.9f, -.9f},
            new boolean[] {false, false, true, true, false, true, false, false});
    assertThat(roc.points())
        .isEqualTo(
            List.of(
                new EvalResult.RocPoint(0, 0),
                new EvalResult.RocPoint(0, 1 / 3.0),
                new EvalResult.RocPoint(.4, 1 / 3.0),
                new EvalResult.RocPoint(.4, 2 / 3.0),
                new EvalResult.RocPoint(.6, 2 / 3.0),
                new EvalResult.RocPoint(.6, 1),
                new EvalResult.RocPoint(1, 1)));
    assertThat(roc.tarNearest(0.1)).isEqualTo(1 / 3.0);
    assertThat(roc.tarNearest(0.45)).isEqualTo(2 / 3.0);
  }

  @Test
  void everyPointIsTheRateOfSomeThreshold() {
    for (long seed = 1; seed <= 20; seed++) {
      Random random = new Random(seed);
      int n = 2 + random.nextInt(300);
      float[] scores = new float[n];
      boolean[] same = new boolean[n];
      for (int i = 0; i < n; i++) {
        scores[i] = random.nextInt(40) / 20f - 1;
        same[i] = i == 0 || i != 1 && random.nextInt(3) == 0;
      }
      List<EvalResult.RocPoint> points = ScoreRoc.of(scores, same).points();
      for (int t = -21; t <= 21; t++) {
        double falses = 0;
        double trues = 0;
        double impostors = 0;
        double genuines = 0;
        for (int i = 0; i < n; i++) {
          impostors += same[i] ? 0 : 1;
          genuines += same[i] ? 1 : 0;
          falses += !same[i] && scores[i] >= t / 20f - 0.01f ? 1 : 0;
          trues += same[i] && scores[i] >= t / 20f - 0.01f ? 1 : 0;
        }
        double far = falses / impostors;
        double tar = trues / genuines;
        // On the polygon: between two neighbouring points, straight.
        boolean on = false;
        for (int i = 0; i + 1 < points.size(); i++) {
          double x0 = points.get(i).far();
          double x1 = points.get(i + 1).far();
          double y0 = points.get(i).tar();
          double y1 = points.get(i + 1).tar();
          on |=
              far >= x0 - 1e-12
                  && far <= x1 + 1e-12
                  && tar >= y0 - 1e-12
                  && tar <= y1 + 1e-12
                  && Math.abs((x1 - x0) * (tar - y0) - (far - x0) * (y1 - y0)) < 1e-12;
        }
        assertThat(on).as("seed %d, threshold %d/20", seed, t).isTrue();
      }
    }
  }

  @Test
  void needsBothKindsAndFiniteScores() {
    assertThatThrownBy(() -> ScoreRoc.of(new float[] {1}, new boolean[] {true}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got 1 and 0");
    assertThatThrownBy(() -> ScoreRoc.of(new float[] {1, Float.NaN}, new boolean[] {true, false}))
        .hasMessageContaining("pair 1: got score NaN");
  }
}
