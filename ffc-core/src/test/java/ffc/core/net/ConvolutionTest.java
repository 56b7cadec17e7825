package ffc.core.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ffc.engine.Autograd;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Convolutions against sums written out in double. */
class ConvolutionTest {
  private static final int BATCH = 4;

  // Widths at which kernels of one engine or another have failed, and those of the networks. The
  // images of a network with one channel have no gradient, and some kernels have it wrong.
  @ParameterizedTest(name = "{0} to {1} channels in {2} groups, {3} x {3}, stride {4}, bf16 {5}")
  @CsvSource({
    "128, 512, 1, 1, 1, false",
    "256, 512, 1, 1, 2, false",
    "128, 496, 1, 1, 1, false",
    "64, 320, 1, 1, 1, false",
    "64, 128, 1, 1, 2, false",
    "4, 8, 1, 1, 2, false",
    "1, 12, 1, 3, 1, false",
    "3, 64, 1, 3, 2, false",
    "64, 128, 1, 3, 2, false",
    "64, 64, 64, 3, 2, false",
    "128, 512, 1, 1, 1, true",
    "256, 512, 1, 1, 2, true",
    "4, 8, 1, 1, 2, true",
    "1, 4, 1, 3, 1, true",
    "1, 8, 1, 3, 2, true",
    "1, 12, 1, 3, 1, true",
    "1, 16, 1, 3, 1, true",
    "1, 24, 1, 3, 2, true",
    "1, 64, 1, 3, 1, true",
    "3, 8, 1, 3, 1, true",
    "3, 64, 1, 3, 2, true",
    "16, 32, 1, 3, 2, true",
    "64, 128, 1, 3, 2, true",
    "12, 12, 12, 3, 2, true",
    "64, 64, 64, 3, 1, true",
    "64, 64, 64, 3, 2, true",
    "512, 512, 512, 3, 2, true"
  })
  void valuesAndGradientsAreTheSums(
      int in, int out, int groups, int kernel, int stride, boolean bf16) {
    Autograd.off();
    Random random = new Random(in + out);
    int size = kernel == 1 ? 3 : 7;
    float[] x = gaussian(random, BATCH * in * size * size);
    int side = (size + stride - 1) / stride;
    int pad = kernel / 2;
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = new Parameters(manager, 1, bf16)) {
      Layers.Convolution layer =
          Layers.Convolution.of(parameters, "c", in, out, kernel, stride, pad, groups);
      parameters.requireGradients();
      NDArray images = manager.create(x, new Shape(BATCH, in, size, size));
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
      int share = in / groups;
      for (int b = 0; b < BATCH; b++) {
        for (int o = 0; o < out; o++) {
          int first = o / (out / groups) * share;
          for (int p = 0; p < side * side; p++) {
            int to = (b * out + o) * side * side + p;
            for (int k = 0; k < kernel * kernel; k++) {
              int row = p / side * stride + k / kernel - pad;
              int column = p % side * stride + k % kernel - pad;
              if (row < 0 || row >= size || column < 0 || column >= size) {
                continue;
              }
              for (int i = 0; i < share; i++) {
                int from = ((b * in + first + i) * size + row) * size + column;
                int at = (o * share + i) * kernel * kernel + k;
                y[to] += (double) x[from] * w[at];
                dx[from] += (double) pull[to] * w[at];
                dw[at] += (double) pull[to] * x[from];
              }
            }
          }
        }
      }
      double tolerance = bf16 ? 0.02 : 1e-5;
      close(result, y, tolerance, "values");
      if (in > 1) {
        close(images.getGradient(), dx, tolerance, "gradient of the images");
      }
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
