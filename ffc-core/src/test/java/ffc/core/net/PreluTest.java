package ffc.core.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ffc.engine.Autograd;
import ffc.engine.NativeOps;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PreluTest {
  private static final int BATCH = 5;
  private static final int CHANNELS = 19;
  private static final int PIXELS = 7 * 6;
  private static final float[] SLOPES = new float[CHANNELS];

  // Half a unit in the last of bfloat16's 8 places; a value is rounded up to three times.
  private static final double ROUNDING = 3 * Math.pow(2, -8);

  private NDManager manager;
  private final Random random = new Random(23);

  @BeforeEach
  void open() {
    Autograd.off();
    manager = NDManager.newBaseManager("PyTorch");
    for (int c = 0; c < CHANNELS; c++) {
      SLOPES[c] = (float) random.nextGaussian() * 0.5f;
    }
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private NDArray random() {
    float[] values = new float[BATCH * CHANNELS * PIXELS];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 11 == 0 ? 0 : (float) random.nextGaussian();
    }
    return NativeOps.channelsLast(
        manager.create(values, new Shape(BATCH, CHANNELS, 7, PIXELS / 7)));
  }

  /** In bfloat16 it is put together from other layers, whose gradients have to add up to it. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void gradientsFollowTheFormula(boolean bf16) {
    Parameters parameters = new Parameters(manager, 1, bf16);
    Layers.Prelu prelu = Layers.Prelu.of(parameters, "prelu", CHANNELS);
    parameters.set("prelu.weight", manager.create(SLOPES));
    parameters.requireGradients();
    NDArray x = random();
    NDArray weight = random();
    x.setRequiresGradient(true);
    NDArray out = Autograd.record(() -> parameters.result(prelu.forward(parameters.compute(x))));
    Autograd.backward(out, weight);

    double tolerance = bf16 ? ROUNDING : 1e-6;
    float[] input = x.toFloatArray();
    float[] upstream = weight.toFloatArray();
    float[] values = out.toFloatArray();
    float[] gradients = x.getGradient().toFloatArray();
    double[] slopeGradients = new double[CHANNELS];
    double[] slopeScales = new double[CHANNELS];
    for (int i = 0; i < input.length; i++) {
      int channel = i / PIXELS % CHANNELS;
      double factor = input[i] > 0 ? 1 : SLOPES[channel];
      close("value", i, values[i], factor * input[i], tolerance * Math.abs(input[i]));
      // The two ways to x cancel each other where x > 0: errors are those of their size.
      double scale = Math.abs(upstream[i]) * Math.max(1, Math.abs(SLOPES[channel]));
      close("gradient", i, gradients[i], factor * upstream[i], 2 * tolerance * scale);
      double term = Math.min(input[i], 0) * upstream[i];
      slopeGradients[channel] += term;
      slopeScales[channel] += Math.abs(term);
    }
    float[] got = prelu.slope().getGradient().toFloatArray();
    for (int c = 0; c < CHANNELS; c++) {
      close("gradient of slope", c, got[c], slopeGradients[c], tolerance * slopeScales[c]);
    }
  }

  private static void close(String what, int i, double got, double wanted, double tolerance) {
    assertThat(got).as("%s %d", what, i).isCloseTo(wanted, within(tolerance + 1e-6));
  }
}
