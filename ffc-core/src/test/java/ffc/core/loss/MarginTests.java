package ffc.core.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ffc.engine.Autograd;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * Arrays for tests of margins, and slopes by central differences of values in double precision. The
 * manager is that of the test.
 */
abstract class MarginTests {
  private static final double STEP = 1e-6;

  NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
    Autograd.off();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  interface Value {
    double at(double[] point);
  }

  static void assertGradient(NDArray gradient, double[] at, Value value, String what) {
    double[] actual = gradient.toDoubleArray();
    assertThat(actual).as(what).hasSameSizeAs(at);
    for (int i = 0; i < at.length; i++) {
      double[] up = at.clone();
      double[] down = at.clone();
      up[i] += STEP;
      down[i] -= STEP;
      double expected = (value.at(up) - value.at(down)) / (2 * STEP);
      assertThat(actual[i])
          .as(what + ", element " + i)
          .isCloseTo(expected, within(1e-6 * Math.max(1, Math.abs(expected))));
    }
  }

  NDArray array(double[] values, int rows) {
    return manager.create(values, new Shape(rows, values.length / rows));
  }

  static double[] unitRows(Random random, int rows, int dim) {
    double[] values = new double[rows * dim];
    for (int r = 0; r < rows; r++) {
      double squares = 0;
      for (int i = 0; i < dim; i++) {
        values[r * dim + i] = random.nextGaussian();
        squares += values[r * dim + i] * values[r * dim + i];
      }
      for (int i = 0; i < dim; i++) {
        values[r * dim + i] /= Math.sqrt(squares);
      }
    }
    return values;
  }
}
