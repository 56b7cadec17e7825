package ffc.core.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import ffc.core.loss.MarginHead;
import ffc.core.net.Architecture;
import ffc.core.net.Backbone;
import ffc.core.net.Encoder;
import ffc.core.net.ModelConfig;
import ffc.core.net.ModelConfigBuilder;
import ffc.core.net.Operators;
import ffc.core.net.Parameters;
import ffc.core.net.Precision;
import ffc.engine.Autograd;
import ffc.formats.HostTensor;
import ffc.loaders.data.ImageShape;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackboneScriptTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "iresnet | 2,1 | 8,12 | 0.3 | fc.bias",
        "mobilefacenet | 1 | 1 | 0 | fc.bias",
        "mbf | 1 | 1 | 0 | conv_sep.layers.0.weight",
        "vit | 2 | 8 | 0 | pos_embed"
      })
  void givesTheEmbeddingsOfTheNetwork(
      ModelConfig.Backbone backbone, String layers, String widths, double dropout, String array)
      throws IOException {
    int width = backbone.isSquare() ? 20 : 16;
    ModelConfig model =
        ModelConfigBuilder.builder()
            .backbone(backbone)
            .input(List.of(3, 20, width))
            .layers(numbers(layers))
            .widths(numbers(widths))
            .embedding(16)
            .dropout(dropout)
            .build();
    Autograd.off();
    try (NDManager manager = NDManager.newBaseManager("PyTorch");
        Encoder encoder = Encoder.create(model, manager, 5, Precision.fp32)) {
      Map<String, HostTensor> weights = disturbed(encoder.parameters(), manager);
      ByteArrayOutputStream file = new ByteArrayOutputStream();
      BackboneScript.write(model.architecture(), weights, file);
      PtSymbolBlock program =
          JniUtils.loadModule(
              (PtNDManager) manager, new ByteArrayInputStream(file.toByteArray()), false, false);
      NDArray images = manager.randomUniform(-1, 1, new Shape(5, 3, 20, width));
      float[] wanted = encoder.embed(images, Encoder.Mode.eval).toFloatArray();
      float[] got = IValueUtils.forward(program, new NDList(images), false).head().toFloatArray();
      assertThat(got).hasSameSizeAs(wanted);
      for (int i = 0; i < got.length; i++) {
        assertThat(got[i]).as("value %d", i).isCloseTo(wanted[i], within(1e-5f));
      }
      weights.remove(array);
      assertThatThrownBy(
              () ->
                  BackboneScript.write(model.architecture(), weights, new ByteArrayOutputStream()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("array " + array + ": got null");
    }
  }

  private static List<Integer> numbers(String list) {
    return Stream.of(list.split(",")).map(Integer::valueOf).toList();
  }

  /** A network that the program does not know: every layer once. */
  static final Architecture OWN =
      new Architecture() {
        @Override
        public <T> T features(Operators<T> net, T images) {
          T x =
              net.block(
                  images,
                  in -> net.prelu(net.norm(net.convolution(in, "a", 6, 3, 2, 1, 1), "an"), "ap"));
          x = net.block(x, in -> net.add(net.convolution(in, "b", 6, 3, 1, 1, 6), in));
          x = net.block(x, in -> net.convolution(in, "c", 8, 1, 2, 0, 1));
          T y = net.block(x, in -> net.dropout(net.weightedSum(in, "d"), 0.2));
          return net.block(y, in -> net.normOfFixedWeight(net.dense(in, "e", 5), "en"));
        }
      };

  @Test
  void aNetworkThatIsSaidOnceIsCountedTrainedAndExported() throws IOException {
    ImageShape shape = new ImageShape(3, 10, 7);
    Autograd.off();
    try (NDManager manager = NDManager.newBaseManager("PyTorch");
        Parameters parameters = new Parameters(manager, 5)) {
      Backbone network = new Backbone(OWN, shape, parameters);
      // 5 x 4 after a and b, 3 x 2 after c and in the product of d.
      assertThat(network.kept())
          .isEqualTo(
              new Backbone.Kept(
                  4 * 6 * 5 * 4 + 2 * 8 * 3 * 2 + 2 * 5,
                  3 * 10 * 7 + 2 * 6 * 5 * 4 + 8 * 3 * 2 + 8,
                  3 * 6 * 5 * 4,
                  false));

      Backbone counted = new Backbone(OWN, shape, Parameters.counting());
      assertThat(counted.parameters().size()).isEqualTo(parameters.size());

      parameters.requireGradients();
      NDArray images = manager.randomUniform(-1, 1, new Shape(4, 3, 10, 7));
      NDArray out = Autograd.record(() -> network.forward(images, true, true));
      Autograd.backward(out, manager.randomUniform(-1, 1, out.getShape()));
      assertThat(parameters.weights().keySet())
          .contains("a.weight", "an.bias", "ap.weight", "b.weight", "c.weight", "d.weight")
          .doesNotContain("en.weight");
      parameters
          .weights()
          .forEach((name, w) -> assertThat(w.getGradient().getShape()).isEqualTo(w.getShape()));
    }
    try (NDManager manager = NDManager.newBaseManager("PyTorch");
        Parameters parameters = new Parameters(manager, 5)) {
      Backbone network = new Backbone(OWN, shape, parameters);
      ByteArrayOutputStream file = new ByteArrayOutputStream();
      BackboneScript.write(OWN, disturbed(parameters, manager), file);
      PtSymbolBlock program =
          JniUtils.loadModule(
              (PtNDManager) manager, new ByteArrayInputStream(file.toByteArray()), false, false);
      NDArray images = manager.randomUniform(-1, 1, new Shape(4, 3, 10, 7));
      float[] wanted = MarginHead.normalise(network.forward(images, false, false)).toFloatArray();
      float[] got = IValueUtils.forward(program, new NDList(images), false).head().toFloatArray();
      assertThat(got).containsExactly(wanted, within(1e-5f));
    }
  }

  /** Random values in all arrays, so that no layer is an identity; variances stay positive. */
  static Map<String, HostTensor> disturbed(Parameters parameters, NDManager manager) {
    Random random = new Random(3);
    Map<String, HostTensor> weights = new LinkedHashMap<>();
    Map.copyOf(parameters.all())
        .forEach(
            (name, array) -> {
              float[] values = array.toFloatArray();
              for (int i = 0; i < values.length; i++) {
                double noise = 0.2 * random.nextGaussian();
                values[i] =
                    (float)
                        (name.endsWith("running_var")
                            ? values[i] * Math.exp(noise)
                            : values[i] + noise);
              }
              parameters.set(name, manager.create(values, array.getShape()));
              weights.put(name, HostTensor.of(values, array.getShape().getShape()));
            });
    return weights;
  }
}
