package ffc.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NativeOpsTest {
  private NDManager manager;
  private final Random random = new Random(17);

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager("PyTorch"); // loads the natives
    JniUtils.setGradMode(false);
  }

  @AfterEach
  void close() {
    JniUtils.setGradMode(false);
    manager.close();
  }

  private NDArray random(long... shape) {
    float[] values = new float[(int) new Shape(shape).size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return manager.create(values, new Shape(shape));
  }

  /** Gradient of Σ weight · f(x) with respect to x. */
  private float[] gradient(NDArray x, NDArray weight, UnaryOperator<NDArray> f) {
    x.setRequiresGradient(true);
    JniUtils.setGradMode(true);
    NDArray value = f.apply(x).mul(weight).sum();
    JniUtils.backward(
        (PtNDArray) value, (PtNDArray) manager.create(1f).reshape(new Shape()), false, false);
    JniUtils.setGradMode(false);
    float[] gradient = x.getGradient().toFloatArray();
    x.setRequiresGradient(false);
    return gradient;
  }

  private static void close(float[] got, float[] wanted, float tolerance) {
    assertThat(got).hasSameSizeAs(wanted);
    for (int i = 0; i < got.length; i++) {
      assertThat(got[i]).as("value %d", i).isCloseTo(wanted[i], within(tolerance));
    }
  }

  @Test
  void channelsStayInnermostAlsoBehindImagesOfOneChannel() {
    for (int channels : new int[] {1, 3}) {
      NDArray images = NativeOps.channelsLast(random(2, channels, 6, 6));
      NDArray maps =
          Conv2d.conv2d(NativeOps.toBf16(images), NativeOps.toBf16(random(4, channels, 3, 3)))
              .head();
      assertThat(NativeOps.strides(maps)[1])
          .as("stride of the channels behind %d", channels)
          .isEqualTo(1);
    }
  }

  @Test
  void preluAndItsGradientsFollowTheFormula() {
    NDArray slope = random(3);
    NDArray x = random(2, 3, 4, 5);
    NDArray weight = random(2, 3, 4, 5);
    NDArray wide = slope.reshape(1, 3, 1, 1);
    close(
        NativeOps.prelu(x, slope).toFloatArray(),
        x.maximum(0).add(x.minimum(0).mul(wide)).toFloatArray(),
        1e-6f);
    NDArray positive = x.gt(0).toType(DataType.FLOAT32, true);
    NDArray negative = positive.sub(1).neg();
    close(
        gradient(x, weight, v -> NativeOps.prelu(v, slope)),
        weight.mul(positive.add(negative.mul(wide))).toFloatArray(),
        1e-6f);
    close(
        gradient(slope, weight, a -> NativeOps.prelu(x, a)),
        weight.mul(negative).mul(x).sum(new int[] {0, 2, 3}).toFloatArray(),
        1e-5f);
  }

  @Test
  void everySecondPixelAndItsGradient() {
    NDArray x = random(2, 3, 5, 4);
    NDArray kept = x.get(":, :, ::2, ::2");
    NDArray weight = random(2, 3, 3, 2);
    close(NativeOps.contiguous(NativeOps.everySecond(x)).toFloatArray(), kept.toFloatArray(), 0);
    NDArray expected = x.zerosLike();
    expected.set(new NDIndex(":, :, ::2, ::2"), weight);
    close(gradient(x, weight, NativeOps::everySecond), expected.toFloatArray(), 0);
  }

  @Test
  void bf16RoundsAndLetsTheGradientThrough() {
    NDArray x = random(50);
    float[] rounded = NativeOps.toF32(NativeOps.toBf16(x)).toFloatArray();
    float[] exact = x.toFloatArray();
    for (int i = 0; i < rounded.length; i++) {
      assertThat(Float.floatToIntBits(rounded[i]) & 0xffff).isZero();
      assertThat(rounded[i]).isCloseTo(exact[i], within(Math.abs(exact[i]) / 256 + 1e-30f));
    }
    NDArray weight = manager.create(new float[] {2}).broadcast(new Shape(50)).duplicate();
    close(gradient(x, weight, v -> NativeOps.toF32(NativeOps.toBf16(v))), weight.toFloatArray(), 0);
  }

  @Test
  void memoryFormatsKeepTheValuesAndTheGradient() {
    NDArray x = random(2, 3, 4, 5);
    NDArray weight = random(2, 3, 4, 5);
    NDArray last = NativeOps.channelsLast(x);
    close(last.toFloatArray(), x.toFloatArray(), 0);
    close(NativeOps.contiguous(last).toFloatArray(), x.toFloatArray(), 0);
    close(gradient(x, weight, NativeOps::channelsLast), weight.toFloatArray(), 0);
  }

  @Test
  void listUpdatesWorkInPlace() {
    NDList targets = new NDList(random(4), random(2, 3));
    NDList ends = new NDList(random(4), random(2, 3));
    float[][] before = {targets.get(0).toFloatArray(), targets.get(1).toFloatArray()};
    NativeOps.lerp(targets, ends, 0.25);
    for (int i = 0; i < 2; i++) {
      float[] end = ends.get(i).toFloatArray();
      float[] now = targets.get(i).toFloatArray();
      for (int k = 0; k < now.length; k++) {
        assertThat(now[k]).isCloseTo(before[i][k] + 0.25f * (end[k] - before[i][k]), within(1e-6f));
      }
    }
    double squares = 0;
    for (NDArray array : targets) {
      for (float value : array.toFloatArray()) {
        squares += (double) value * value;
      }
    }
    assertThat(NativeOps.norm(targets)).isCloseTo(Math.sqrt(squares), within(1e-5));
    NativeOps.zero(targets);
    assertThat(NativeOps.norm(targets)).isZero();
    assertThat(ends.get(0).toFloatArray()).isNotEqualTo(new float[4]);
  }

  @Test
  void productsAgreeWithDoublePrecisionWhateverTheLayout() {
    for (int[] size : new int[][] {{1, 1, 1}, {7, 3, 5}, {64, 128, 96}, {130, 33, 257}}) {
      NDArray x = random(size[0], size[1]);
      NDArray w = random(size[2], size[1]);
      NDArray xColumns = random(size[1], size[0]);
      NDArray wColumns = random(size[1], size[2]);
      checkProduct(x, w);
      checkProduct(xColumns.transpose(), w);
      checkProduct(x, wColumns.transpose());
      checkProduct(xColumns.transpose(), wColumns.transpose());
    }
  }

  private static void checkProduct(NDArray x, NDArray w) {
    int m = (int) x.getShape().get(0);
    int k = (int) x.getShape().get(1);
    int n = (int) w.getShape().get(0);
    float[] a = x.duplicate().toFloatArray();
    float[] b = w.duplicate().toFloatArray();
    float[] got = NativeOps.product(x, w).toFloatArray();
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        double sum = 0;
        for (int l = 0; l < k; l++) {
          sum += (double) a[i * k + l] * b[j * k + l];
        }
        assertThat((double) got[i * n + j]).isCloseTo(sum, within(1e-6 * k));
      }
    }
  }

  @Test
  void sgdFollowsPyTorchsRule() {
    for (int variant = 0; variant < 8; variant++) {
      double momentum = (variant & 1) == 0 ? 0 : 0.9;
      boolean nesterov = (variant & 2) != 0 && momentum > 0;
      double decay = (variant & 4) == 0 ? 0 : 0.01;
      NDArray weight = random(7);
      NDArray velocity = manager.zeros(new Shape(7));
      double[] p = doubles(weight);
      double[] v = new double[7];
      for (int step = 0; step < 3; step++) {
        double rate = 0.1 / (1 + step);
        NDArray gradient = random(7);
        double[] g = doubles(gradient);
        NativeOps.sgd(
            new NDList(weight),
            new NDList(gradient),
            momentum == 0 ? new NDList() : new NDList(velocity),
            rate,
            momentum,
            nesterov,
            decay,
            0.5);
        for (int i = 0; i < 7; i++) {
          double d = 0.5 * g[i] + decay * p[i];
          v[i] = momentum * v[i] + d;
          p[i] -= rate * (nesterov ? d + momentum * v[i] : momentum > 0 ? v[i] : d);
        }
      }
      double[] got = doubles(weight);
      for (int i = 0; i < 7; i++) {
        assertThat(got[i]).as("variant %d", variant).isCloseTo(p[i], within(1e-6));
      }
    }
  }

  @Test
  void adamWFollowsPyTorchsRule() {
    double beta1 = 0.8;
    double beta2 = 0.95;
    double epsilon = 1e-3;
    for (double decay : new double[] {0, 0.05}) {
      NDArray weight = random(7);
      NDArray first = manager.zeros(new Shape(7));
      NDArray second = manager.zeros(new Shape(7));
      double[] p = doubles(weight);
      double[] m = new double[7];
      double[] v = new double[7];
      for (int step = 1; step <= 4; step++) {
        double rate = 0.1 / step;
        double factor = step % 2 == 0 ? 0.5 : 1;
        NDArray gradient = random(7);
        double[] g = doubles(gradient);
        NativeOps.adamw(
            new NDList(weight),
            new NDList(gradient),
            new NDList(first),
            new NDList(second),
            rate,
            beta1,
            beta2,
            epsilon,
            decay,
            step,
            factor);
        for (int i = 0; i < 7; i++) {
          double d = factor * g[i];
          m[i] = beta1 * m[i] + (1 - beta1) * d;
          v[i] = beta2 * v[i] + (1 - beta2) * d * d;
          double root = Math.sqrt(v[i] / (1 - Math.pow(beta2, step)));
          p[i] -= rate * decay * p[i];
          p[i] -= rate * m[i] / (1 - Math.pow(beta1, step)) / (root + epsilon);
        }
      }
      double[] got = doubles(weight);
      for (int i = 0; i < 7; i++) {
        assertThat(got[i]).as("decay " + decay).isCloseTo(p[i], within(2e-6));
        assertThat(doubles(first)[i]).isCloseTo(m[i], within(1e-6));
        assertThat(doubles(second)[i]).isCloseTo(v[i], within(1e-6));
      }
    }
  }

  private static double[] doubles(NDArray array) {
    float[] values = array.toFloatArray();
    double[] doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }
}
