package ffc.core.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ffc.engine.Autograd;
import ffc.loaders.data.ImageShape;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against values that PyTorch gave ({@code bench/vit_golden.py}). */
class VisionTransformerTest {
  private static final ImageShape IMAGE = new ImageShape(3, 13, 17);

  private NDManager manager;
  private NetworkGolden golden;

  @BeforeEach
  void open() throws IOException {
    manager = NDManager.newBaseManager();
    Autograd.off();
    golden = new NetworkGolden("vit-golden.tsv", false, manager);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void namesAreThoseOfInsightFace() {
    assertThat(network(0, 0, false).parameters().all().keySet()).containsExactly(golden.names());
  }

  @Test
  void forwardWithRunningStatisticsAgreesWithPyTorch() {
    golden.assertClose(network(0, 0, false).forward(images(), false, true), "eval", 1e-5);
  }

  @Test
  void nothingIsDroppedOutsideOfTraining() {
    golden.assertClose(network(0.5, 0.5, false).forward(images(), false, false), "eval", 1e-5);
  }

  @Test
  void forwardBackwardAndRunningStatisticsAgreeWithPyTorch() {
    Backbone network = network(0, 0, false);
    golden.assertClose(golden.train(network, images()), "train", 1e-5);
    for (String name : golden.gradients()) {
      golden.assertClose(
          network.parameters().weights().get(name).getGradient(), "gradient " + name, 1e-4);
    }
    Map<String, NDArray> all = network.parameters().all();
    golden.assertClose(all.get("feature.1.running_mean"), "running_mean", 1e-5);
    golden.assertClose(all.get("feature.3.running_var"), "running_var", 1e-5);
  }

  @Test
  void bfloat16PointsTheSameWay() {
    Backbone network = network(0, 0, true);
    assertThat(golden.cosine(golden.train(network, images()), "train")).isGreaterThan(0.99);
    for (String name : golden.gradients()) {
      assertThat(
              golden.cosine(
                  network.parameters().weights().get(name).getGradient(), "gradient " + name))
          .as(name)
          .isGreaterThan(0.98);
    }
  }

  @Test
  void presetsHaveTheSizesOfThePyTorchModels() {
    // Parameters of InsightFace's models of these names, counted there, without their statistics.
    assertThat(weights(ModelConfig.Backbone.vit_t)).isEqualTo(19_137_792);
    assertThat(weights(ModelConfig.Backbone.vit_s)).isEqualTo(76_023_296);
    assertThat(weights(ModelConfig.Backbone.vit_b)).isEqualTo(113_833_472);
    assertThat(weights(ModelConfig.Backbone.vit_l)).isEqualTo(255_684_352);
  }

  private static long weights(ModelConfig.Backbone backbone) {
    ModelConfig model = ModelConfigBuilder.builder().backbone(backbone).build();
    Backbone counted = Encoder.backbone(model, Parameters.counting());
    return counted.parameters().size() - 2L * (model.widths().get(0) + model.embedding());
  }

  /** Hides tokens and puts the trained one in their place, with nothing between. */
  private static final Architecture MASK =
      new Architecture() {
        @Override
        public <T> T features(Operators<T> net, T images) {
          T tokens = net.positions(net.patches(images, "cut", 4, 2), "at");
          return net.restored(net.hidden(tokens, 0.3), "mask", 0.3);
        }
      };

  @Test
  void hiddenTokensComeBackAsTheTrainedOneAndTheOthersWhereTheyWere() {
    ImageShape shape = new ImageShape(1, 8, 10);
    try (Parameters parameters = new Parameters(manager, 3)) {
      Backbone network = new Backbone(MASK, shape, parameters);
      parameters.requireGradients();
      NDArray images = golden.waves(0.3, 64, 1, 8, 10);
      float[] whole = network.forward(images, false, false).toFloatArray();
      Engine.getInstance().setRandomSeed(5);
      NDArray out = Autograd.record(() -> network.forward(images, true, true));
      float[] some = out.toFloatArray();
      float[] token = parameters.all().get("mask").toFloatArray();
      Integer[] hiddenAt = new Integer[20];
      Arrays.fill(hiddenAt, 0);
      for (int image = 0; image < 64; image++) {
        int hidden = 0;
        for (int n = 0; n < 20; n++) {
          int at = (image * 20 + n) * 4;
          boolean isMask = some[at] == token[0] && some[at + 3] == token[3];
          hidden += isMask ? 1 : 0;
          hiddenAt[n] += isMask ? 1 : 0;
          assertThat(some[at + 1]).isEqualTo(isMask ? token[1] : whole[at + 1]);
        }
        assertThat(hidden).isEqualTo(20 - (int) (20 * 0.7));
      }
      // 64 images hide 6 of 20 each: 19.2 times a place, with a deviation of 3.7.
      assertThat(hiddenAt).allSatisfy(count -> assertThat(count).isBetween(5, 34));
      Autograd.backward(out, out.onesLike());
      float[] gradient = parameters.weights().get("mask").getGradient().toFloatArray();
      assertThat(gradient).containsOnly(64 * 6);
    }
  }

  /** One branch, whose images are dropped. */
  private static final Architecture BRANCH =
      new Architecture() {
        @Override
        public <T> T features(Operators<T> net, T images) {
          T tokens = net.patches(images, "cut", 3, 2);
          return net.add(net.branch(net.linear(tokens, "of", 3, true), 0.25), tokens);
        }
      };

  @Test
  void aDroppedBranchIsGoneForAnImageAndTheOthersGrow() {
    ImageShape shape = new ImageShape(1, 4, 4);
    try (Parameters parameters = new Parameters(manager, 3)) {
      Backbone network = new Backbone(BRANCH, shape, parameters);
      parameters.set("of.bias", manager.full(new Shape(3), 1));
      parameters.set("of.weight", manager.zeros(new Shape(3, 3)));
      NDArray images = golden.waves(0.3, 400, 1, 4, 4);
      float[] kept = network.forward(images, false, false).toFloatArray();
      Engine.getInstance().setRandomSeed(5);
      float[] some = network.forward(images, true, true).toFloatArray();
      long dropped =
          IntStream.range(0, 400)
              .filter(
                  image -> {
                    double first = some[image * 12] - (kept[image * 12] - 1);
                    double all = first > 0.5 ? 1 / 0.75 : 0;
                    for (int i = 0; i < 12; i++) {
                      assertThat((double) some[image * 12 + i])
                          .isCloseTo(kept[image * 12 + i] - 1 + all, within(1e-5));
                    }
                    return all == 0;
                  })
              .count();
      assertThat(dropped).isBetween(60L, 140L); // 100 expected, with a deviation of 8.7
    }
  }

  @Test
  void headsDivideTheWidthAndASquareFitsIntoTheImage() {
    assertThatThrownBy(() -> new VisionTransformer(IMAGE, 4, 2, 6, 4, 5, 0, 0))
        .hasMessageContaining("model.heads: got 4, wanted a number that divides model.widths, 6");
    assertThatThrownBy(() -> new VisionTransformer(IMAGE, 14, 2, 6, 2, 5, 0, 0))
        .hasMessageContaining("model.patch: got 14, wanted at most the side of the images, 13");
  }

  @Test
  void dropPathGrowsFromTheFirstBlockToTheLast() {
    List<Double> seen = new ArrayList<>();
    Operators<String> net =
        (Operators<String>)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Operators.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("branch")) {
                    seen.add((Double) arguments[1]);
                  }
                  return method.getName().equals("block")
                      ? ((UnaryOperator<String>) arguments[1]).apply("x")
                      : "x";
                });
    new VisionTransformer(IMAGE, 4, 3, 6, 2, 5, 0.2, 0).features(net, "x");
    assertThat(seen).containsExactly(0.0, 0.0, 0.1, 0.1, 0.2, 0.2);
  }

  private Backbone network(double dropPath, double maskRatio, boolean bf16) {
    Parameters parameters = new Parameters(manager, 1, bf16);
    Backbone network =
        new Backbone(
            new VisionTransformer(IMAGE, 4, 2, 6, 2, 5, dropPath, maskRatio), IMAGE, parameters);
    golden.fill(parameters);
    return network;
  }

  private NDArray images() {
    return golden.waves(0.5, 4, 3, 13, 17);
  }
}
