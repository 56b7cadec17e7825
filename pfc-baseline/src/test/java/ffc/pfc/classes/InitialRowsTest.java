package ffc.pfc.classes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class InitialRowsTest {

  @Test
  void valuesHaveTheMomentsAndTailsOfTheNormalDistribution() {
    int n = 0;
    double[] moments = new double[5];
    int beyondOne = 0;
    int beyondThree = 0;
    float[] row = new float[101];
    for (long cls = 0; cls < 5000; cls++) {
      InitialRows.fill(row, 9, cls, 1);
      for (float v : row) {
        n++;
        double power = 1;
        for (int k = 1; k < 5; k++) {
          power *= v;
          moments[k] += power;
        }
        beyondOne += Math.abs(v) > 1 ? 1 : 0;
        beyondThree += Math.abs(v) > 3 ? 1 : 0;
      }
    }
    assertThat(moments[1] / n).isCloseTo(0, within(0.006));
    assertThat(moments[2] / n).isCloseTo(1, within(0.01));
    assertThat(moments[3] / n).isCloseTo(0, within(0.03));
    assertThat(moments[4] / n).isCloseTo(3, within(0.06));
    assertThat((double) beyondOne / n).isCloseTo(0.3173, within(0.003));
    assertThat((double) beyondThree / n).isCloseTo(0.0027, within(0.0004));
  }

  /** A resumed run draws the classes that it has not met yet as it would have drawn them. */
  @Test
  void rowsAreTheSameInEveryVersion() {
    float[] row = new float[6];
    InitialRows.fill(row, 3, 1234, 0.01);
    assertThat(row)
        .containsExactly(
            new float[] {-0.0020079f, 0.0084128f, -0.0122495f, 0.006715f, -0.0081568f, -0.0080109f},
            within(1e-7f));
    InitialRows.fill(row, -3, 0, 1);
    assertThat(row)
        .containsExactly(
            new float[] {0.85218f, 1.11523f, 9.8e-4f, -1.27223f, -1.05553f, 0.95048f},
            within(1e-5f));
  }

  @Test
  void rowsOfNeighbouringClassesAndSeedsAreUnrelated() {
    float[] a = new float[4096];
    float[] b = new float[4096];
    for (long[] other : new long[][] {{5, 8}, {6, 7}, {7, 5}}) {
      InitialRows.fill(a, 5, 7, 1);
      InitialRows.fill(b, other[0], other[1], 1);
      double dot = 0;
      for (int i = 0; i < a.length; i++) {
        dot += a[i] * b[i];
      }
      assertThat(dot / a.length).isCloseTo(0, within(4 / Math.sqrt(a.length)));
    }
  }
}
