package ffc.core.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ffc.engine.Autograd;
import ffc.engine.NativeOps;
import ffc.loaders.data.ImageShape;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against recordings of PyTorch: bench/mbf_golden.py. */
class MbfTest {
  private static ModelConfig model(ModelConfig.Backbone backbone) {
    return ModelConfigBuilder.builder()
        .backbone(backbone)
        .input(List.of(3, 33, 33))
        .embedding(5)
        .build();
  }

  @ParameterizedTest
  @CsvSource({"mbf, mbf-golden.tsv", "mbf_large, mbf-large-golden.tsv"})
  void hasInsightFacesNamesAndValues(ModelConfig.Backbone backbone, String recording)
      throws IOException {
    Autograd.off();
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = new Parameters(manager, 1)) {
      NetworkGolden golden = new NetworkGolden(recording, true, manager);
      Backbone network = Encoder.backbone(model(backbone), parameters);
      assertThat(parameters.all().keySet()).containsExactly(golden.names());
      golden.fill(parameters);
      NDArray images = golden.waves(0.5, 4, 3, 33, 33);
      for (NDArray layout : List.of(images, NativeOps.channelsLast(images))) {
        golden.assertClose(network.forward(layout, false, false), "eval", 1e-4);
      }
    }
  }

  @Test
  void trainsAsPyTorchDoes() throws IOException {
    Autograd.off();
    try (NDManager manager = NDManager.newBaseManager();
        Parameters parameters = new Parameters(manager, 1)) {
      NetworkGolden golden = new NetworkGolden("mbf-golden.tsv", true, manager);
      Backbone network = Encoder.backbone(model(ModelConfig.Backbone.mbf), parameters);
      golden.fill(parameters);
      NDArray images = NativeOps.channelsLast(golden.waves(0.5, 4, 3, 33, 33));
      golden.assertClose(golden.train(network, images), "train", 1e-3);
      for (String name : golden.gradients()) {
        golden.assertClose(parameters.weights().get(name).getGradient(), "gradient " + name, 1e-3);
      }
      String statistics = "layers.5.layers.3.layers.1.layers.1.";
      golden.assertClose(parameters.all().get(statistics + "running_mean"), "running_mean", 1e-4);
      golden.assertClose(parameters.all().get(statistics + "running_var"), "running_var", 1e-4);
    }
  }

  @Test
  void needsSquares() {
    assertThatThrownBy(
            () -> new MobileFaceNet.Insight(new ImageShape(3, 32, 48), List.of(1, 4, 6, 2), 2, 16))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("mbf and mbf_large need square images of at least 16x16, got 32x48");
  }
}
