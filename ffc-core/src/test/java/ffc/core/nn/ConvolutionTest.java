package ffc.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ffc.core.Autograd;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Convolutions of one pixel against sums written out in double. */
class ConvolutionTest {
  private static final int BATCH = 4;
  private static final int SIDE = 3;

  // Widths at which kernels of one engine or another have failed, and those of the networks.
  @ParameterizedTest(name = "{0} to {1} channels, stride {2}, bf16 {3}")
  @CsvSource({
    "128, 512, 1, false",
    "256, 512, 2, false",
    "128, 496, 1, false",
    "64, 320, 1, false",
    "64, 128, 2, false",
    "4, 8, 2, false",
    "128, 512, 1, true",
    "256, 512, 2, true",
    "4, 8, 2, true"
  })
  void valuesAndGradientsAreTheSums(int in, int out, int stride, boolean bf16) {
    Autograd.off();
    Random random = new Random(in + out);
    float[] x = gaussian(random, BATCH * in * SIDE * SIDE);
    int side = (SIDE + stride - 1) / stride;
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = new Parameters(manager, 1, bf16)) {
      Layers.Convolution layer = Layers.Convolution.of(parameters, "c", in, out, 1, stride);
      parameters.requireGradients();
      NDArray images = manager.create(x, new Shape(BATCH, in, SIDE, SIDE));
      images.setRequiresGradient(true);
      JniUtils.setGradMode(true);
      NDArray result = parameters.result(layer.forward(parameters.compute(images)));
      JniUtils.setGradMode(false);
      assertThat(result.getShape()).isEqualTo(new Shape(BATCH, out, side, side));
      float[] pull = gaussian(random, BATCH * out * side * side);
      JniUtils.backward(
          (PtNDArray) result, (PtNDArray) manager.create(pull, result.getShape()), false, false);
      float[] w = parameters.weights().get("c.weight").toFloatArray();
      double[] y = new double[pull.length];
      double[] dx = new double[x.length];
      double[] dw = new double[w.length];
      for (int b = 0; b < BATCH; b++) {
        for (int o = 0; o < out; o++) {
          for (int p = 0; p < side * side; p++) {
            int to = (b * out + o) * side * side + p;
            int pixel = p / side * stride * SIDE + p % side * stride;
            for (int i = 0; i < in; i++) {
              int from = (b * in + i) * SIDE * SIDE + pixel;
              y[to] += (double) x[from] * w[o * in + i];
              dx[from] += (double) pull[to] * w[o * in + i];
              dw[o * in + i] += (double) pull[to] * x[from];
            }
          }
        }
      }
      double tolerance = bf16 ? 0.02 : 1e-5;
      close(result, y, tolerance, "values");
      close(images.getGradient(), dx, tolerance, "gradient of the images");
      close(parameters.weights().get("c.weight").getGradient(), dw, tolerance, "of the filters");
    }
  }

  private static float[] gaussian(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static void close(NDArray actual, double[] wanted, double tolerance, String what) {
    float[] got = actual.toFloatArray();
    assertThat(got).hasSize(wanted.length);
    double scale = 0;
    for (double value : wanted) {
      scale = Math.max(scale, Math.abs(value));
    }
    for (int i = 0; i < got.length; i++) {
      assertThat((double) got[i])
          .as("%s %d", what, i)
          .isCloseTo(wanted[i], within(tolerance * scale));
    }
  }
}
