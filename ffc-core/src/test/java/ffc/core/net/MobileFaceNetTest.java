package ffc.core.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ffc.engine.Autograd;
import ffc.engine.NativeOps;
import ffc.loaders.data.ImageShape;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MobileFaceNetTest {
  @Test
  void hasTheMillionWeightsOfThePaper() {
    Autograd.off();
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = new Parameters(manager, 1)) {
      new Backbone(
          new MobileFaceNet(new ImageShape(3, 112, 112), 128),
          new ImageShape(3, 112, 112),
          parameters);
      assertThat(parameters.weightCount()).isBetween(950_000L, 1_100_000L);
    }
  }

  @Test
  void everyWeightTakesPartInTheGradient() {
    Autograd.off();
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = new Parameters(manager, 1)) {
      Backbone network =
          new Backbone(
              new MobileFaceNet(new ImageShape(1, 33, 30), 16),
              new ImageShape(1, 33, 30),
              parameters);
      parameters.requireGradients();
      Random random = new Random(1);
      float[] pixels = new float[6 * 33 * 30];
      float[] pull = new float[6 * 16];
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = (float) random.nextGaussian();
      }
      for (int i = 0; i < pull.length; i++) {
        pull[i] = (float) random.nextGaussian();
      }
      NDArray images = manager.create(pixels, new Shape(6, 1, 33, 30));
      JniUtils.setGradMode(true);
      NDArray out = network.forward(images, true, false);
      JniUtils.setGradMode(false);
      assertThat(out.getShape()).isEqualTo(new Shape(6, 16));
      JniUtils.backward(
          (PtNDArray) out, (PtNDArray) manager.create(pull, new Shape(6, 16)), false, false);
      parameters
          .weights()
          .forEach(
              (name, weight) -> {
                float[] gradient = weight.getGradient().toFloatArray();
                double norm = 0;
                for (float g : gradient) {
                  norm += (double) g * g;
                }
                assertThat(norm).as(name).isFinite().isPositive();
              });
    }
  }

  @Test
  void agreesWithPyTorchForwardBackwardAndInItsStatistics() throws IOException {
    Autograd.off();
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = new Parameters(manager, 1)) {
      NetworkGolden golden = new NetworkGolden("mobilefacenet-golden.tsv", true, manager);
      Backbone network =
          new Backbone(
              new MobileFaceNet(new ImageShape(3, 20, 33), 5),
              new ImageShape(3, 20, 33),
              parameters);
      assertThat(parameters.all().keySet()).containsExactly(golden.names());
      golden.fill(parameters);
      NDArray images = golden.waves(0.5, 4, 3, 20, 33);
      for (NDArray layout : List.of(images, NativeOps.channelsLast(images))) {
        golden.assertClose(network.forward(layout, false, false), "eval", 1e-4);
      }
      golden.assertClose(golden.train(network, NativeOps.channelsLast(images)), "train", 1e-3);
      for (String name : golden.gradients()) {
        golden.assertClose(parameters.weights().get(name).getGradient(), "gradient " + name, 1e-3);
      }
      golden.assertClose(parameters.all().get("block3.4.dw.bn.running_mean"), "running_mean", 1e-4);
      golden.assertClose(parameters.all().get("block3.4.dw.bn.running_var"), "running_var", 1e-4);
    }
  }

  @Test
  void tellsThatAnImageIsTooSmall() {
    assertThatThrownBy(() -> new MobileFaceNet(new ImageShape(1, 8, 8), 16))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("mobilefacenet needs images of at least 16x16, got 8x8");
  }
}
