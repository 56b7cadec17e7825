package ffc.core.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ffc.engine.Autograd;
import ffc.engine.HostReads;
import ffc.loaders.data.ImageShape;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Against the pass that keeps everything. */
class RecomputedPassTest {

  static Stream<Arguments> networks() {
    Map<String, ModelConfigBuilder> networks = new TreeMap<>();
    networks.put("iresnet", iresnet());
    networks.put("iresnet with dropout", iresnet().dropout(0.4));
    networks.put("iresnet, front frozen", iresnet().freeze(List.of("stem", "layer1")));
    networks.put("iresnet, middle frozen", iresnet().freeze(List.of("layer1")));
    networks.put("iresnet, end frozen", iresnet().freeze(List.of("embedding")));
    networks.put("iresnet, batch norm frozen", iresnet().freezeBatchNorm(true));
    for (ModelConfig.Backbone backbone : ModelConfig.Backbone.values()) {
      if (!backbone.hasDropout() && !backbone.isTransformer()) {
        networks.put(backbone.name(), small(backbone));
      }
    }
    networks.put("vit", vit().dropPath(0.0).maskRatio(0.0));
    networks.put("vit with drop path", vit().dropPath(0.5).maskRatio(0.0));
    networks.put("vit with hidden tokens", vit().dropPath(0.0).maskRatio(0.4));
    networks.put("vit with both", vit().dropPath(0.5).maskRatio(0.4));
    networks.put("vit, front frozen", vit().freeze(List.of("stem", "block0")));
    return networks.entrySet().stream()
        .flatMap(
            network ->
                Stream.of(Precision.fp32, Precision.bf16)
                    .map(
                        precision ->
                            Arguments.of(network.getKey(), network.getValue().build(), precision)));
  }

  private static ModelConfigBuilder small(ModelConfig.Backbone backbone) {
    return ModelConfigBuilder.builder().backbone(backbone).input(List.of(1, 32, 32)).embedding(16);
  }

  private static ModelConfigBuilder iresnet() {
    return small(ModelConfig.Backbone.iresnet).layers(List.of(2, 1)).widths(List.of(8, 16));
  }

  private static ModelConfigBuilder vit() {
    return small(ModelConfig.Backbone.vit).layers(List.of(3)).widths(List.of(16)).heads(2).patch(8);
  }

  /** Of two passes in one step, as the two sides of a batch have it: bits by name. */
  private static Map<String, ByteBuffer> bits(
      ModelConfig model, Precision precision, long seed, boolean recompute) {
    Map<String, ByteBuffer> bits = new TreeMap<>();
    Autograd.off();
    try (NDManager manager = NDManager.newBaseManager();
        Encoder encoder = Encoder.create(model, manager, seed, precision)) {
      encoder.parameters().requireGradients();
      encoder.recompute(recompute);
      Random random = new Random(seed);
      DropoutMasks.begin(seed, 3, 0);
      for (String side : List.of("x", "y")) {
        try (NDScope scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          NDArray images = random(manager, random, new Shape(6, 1, 32, 32));
          Backbone.Recording forward = encoder.record(images);
          bits.put(side + " features", HostReads.bytes(forward.features()));
          forward.backward(random(manager, random, new Shape(6, 16)));
        }
      }
      encoder
          .parameters()
          .all()
          .forEach(
              (name, array) -> {
                bits.put(name, HostReads.bytes(array));
                if (array.hasGradient()) {
                  bits.put(name + " gradient", HostReads.bytes(array.getGradient()));
                }
              });
      bits.put("next draw", HostReads.bytes(manager.randomUniform(0, 1, new Shape(8))));
    }
    return bits;
  }

  private static NDArray random(NDManager manager, Random random, Shape shape) {
    float[] values = new float[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = 2 * random.nextFloat() - 1;
    }
    return manager.create(values, shape);
  }

  @ParameterizedTest(name = "{0}, {2}")
  @MethodSource("networks")
  void everyBitIsThatOfThePassThatKeepsEverything(
      String name, ModelConfig model, Precision precision) {
    long seed = new Random().nextInt();
    Map<String, ByteBuffer> kept = bits(model, precision, seed, false);
    Map<String, ByteBuffer> recomputed = bits(model, precision, seed, true);
    assertThat(kept.keySet()).anyMatch(key -> key.endsWith(" gradient"));
    assertThat(recomputed.keySet()).isEqualTo(kept.keySet());
    kept.forEach(
        (key, bits) ->
            assertThat(recomputed.get(key)).as("seed %d: %s", seed, key).isEqualTo(bits));
  }

  static Stream<ModelConfig> networksThatDrawNothing() {
    return Stream.of(
        iresnet().build(),
        iresnet().freeze(List.of("stem", "layer1")).build(),
        small(ModelConfig.Backbone.mobilefacenet).build(),
        vit().dropPath(0.0).maskRatio(0.0).build());
  }

  /** What is alive between the way there and the way back, and after it; plans count on it. */
  @ParameterizedTest
  @MethodSource("networksThatDrawNothing")
  void inputsOfBlocksAreAllThatIsKept(ModelConfig model) {
    Autograd.off();
    try (NDManager manager = NDManager.newBaseManager();
        Encoder encoder = Encoder.create(model, manager, 1, Precision.fp32)) {
      Backbone.Kept kept = Encoder.backbone(model, Parameters.counting()).kept();
      encoder.parameters().requireGradients();
      encoder.recompute(true);
      NDArray images = manager.ones(new Shape(6, 1, 32, 32));
      NDArray gradient = manager.ones(new Shape(6, 16));
      long before = values(manager);
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        Backbone.Recording forward = encoder.record(images);
        NDArray features = forward.features();
        boolean frozen = !model.freeze().isEmpty();
        long inputs = 6 * kept.blockInputs() - (frozen ? 0 : images.size());
        assertThat(values(manager) - before).isEqualTo(inputs + features.size());
        forward.backward(gradient);
        long statistics = encoder.parameters().bufferList().stream().mapToLong(NDArray::size).sum();
        assertThat(values(manager) - before).isEqualTo(features.size() + statistics);
      }
    }
  }

  private static long values(NDManager manager) {
    return manager.getManagedArrays().stream().mapToLong(NDArray::size).sum();
  }

  /** A network that computes something between its blocks. */
  private static final Architecture LOOSE =
      new Architecture() {
        @Override
        public <T> T features(Operators<T> net, T images) {
          T x = net.block(images, in -> net.convolution(in, "a", 4, 3, 1, 1, 1));
          return net.block(net.prelu(x, "b"), in -> net.dense(in, "c", 5));
        }
      };

  /** A network whose last layer stands behind its blocks. */
  private static final Architecture OPEN =
      new Architecture() {
        @Override
        public <T> T features(Operators<T> net, T images) {
          return net.dense(
              net.block(images, in -> net.convolution(in, "a", 4, 3, 1, 1, 1)), "c", 5);
        }
      };

  /** A network with a block within a block. */
  private static final Architecture NESTED =
      new Architecture() {
        @Override
        public <T> T features(Operators<T> net, T images) {
          return net.block(
              images,
              in -> {
                T x = net.block(in, inner -> net.convolution(inner, "a", 4, 3, 1, 1, 1));
                return net.dense(x, "c", 5);
              });
        }
      };

  @Test
  void aNetworkThatIsNoChainOfBlocksIsRefused() {
    Autograd.off();
    try (NDManager manager = NDManager.newBaseManager()) {
      Engine.getInstance().setRandomSeed(1);
      for (Architecture architecture : List.of(LOOSE, OPEN, NESTED)) {
        Parameters parameters = new Parameters(manager, 1);
        Backbone network = new Backbone(architecture, new ImageShape(1, 8, 8), parameters);
        NDArray images = manager.ones(new Shape(2, 1, 8, 8));
        assertThatThrownBy(() -> network.record(images, true, true))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage(
                "run.checkpointActivations: this backbone is no chain of blocks; wanted false");
      }
    }
  }
}
