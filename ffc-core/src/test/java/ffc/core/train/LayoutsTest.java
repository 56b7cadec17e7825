package ffc.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ffc.core.net.Encoder;
import ffc.core.net.ModelConfig;
import ffc.core.net.ModelConfigBuilder;
import ffc.core.net.Precision;
import ffc.core.net.layout.WeightLayout;
import ffc.engine.Autograd;
import ffc.formats.HostTensor;
import ffc.formats.Npy;
import ffc.formats.Safetensors;
import ffc.formats.WeightFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Networks under the names of others, with PyTorch's embeddings: bench/layout_fixtures.py. */
class LayoutsTest {
  private static final Path FILES = Path.of("src/test/resources/layouts");

  private static final ModelConfig MODEL =
      ModelConfigBuilder.builder()
          .backbone(ModelConfig.Backbone.iresnet)
          .input(List.of(3, 12, 12))
          .layers(List.of(2, 1))
          .widths(List.of(6, 8))
          .embedding(5)
          .build();

  @TempDir Path temp;

  @ParameterizedTest
  @CsvSource({
    "ir.ckpt, state_dict.model., ir.npy",
    "ir-net.pt, net., ir.npy",
    "ir-legacy.pth, module., ir.npy",
    "ir.safetensors, backbone., ir.npy",
    "ir-f16.pth, '', ir-f16.npy",
    "ir-bf16.pth, model., ir-bf16.npy"
  })
  void givesTheEmbeddingsThatPyTorchGives(String file, String prefix, String embeddings) {
    WeightFile.Network network = WeightLayout.find(MODEL, FILES.resolve(file));
    assertThat(network.prefix()).isEqualTo(prefix);
    assertThat(network.leftOver())
        .isEqualTo(file.equals("ir.ckpt") ? List.of("state_dict.head.kernel") : List.of());
    float[] wanted = Npy.read(FILES.resolve(embeddings)).toFloats();
    assertThat(embeddings(network.tensors())).containsExactly(wanted, within(1e-5f));

    WeightLayout layout = WeightLayout.of(WeightFile.read(FILES.resolve(file))).orElseThrow();
    assertThat(layout.names()).contains("AdaFace");
    assertThat(layout.prefix()).isEqualTo(prefix);
    assertThat(layout.model()).contains(MODEL);
    assertThat(layout.toString())
        .contains(
            "model: {backbone: iresnet, input: [3, 12, 12], layers: [2, 1], widths: [6, 8], embedding: 5}");
  }

  /** As torch.onnx.export writes them: with batch norm folded and without names, and with both. */
  @ParameterizedTest
  @ValueSource(strings = {"ir-folded.onnx", "ir-norms.onnx"})
  void onnxModelsGiveTheEmbeddingsThatPyTorchGives(String file) {
    WeightFile.Network network = WeightLayout.find(MODEL, FILES.resolve(file));
    assertThat(network.prefix()).isEmpty();
    assertThat(network.leftOver()).isEmpty();
    float[] wanted = Npy.read(FILES.resolve("ir.npy")).toFloats();
    assertThat(embeddings(network.tensors())).containsExactly(wanted, within(1e-5f));
    WeightLayout layout = WeightLayout.of(WeightFile.read(FILES.resolve(file))).orElseThrow();
    assertThat(layout.model()).contains(MODEL);
    assertThat(layout.remark().contains("model.freezeBatchNorm: true"))
        .isEqualTo(file.contains("folded"));
  }

  @Test
  void aBatchNormOfAnotherEpsilonStaysTheFunctionThatItWas() throws IOException {
    byte[] model = Files.readAllBytes(FILES.resolve("ir-norms.onnx"));
    ByteBuffer bytes = ByteBuffer.wrap(model).order(ByteOrder.LITTLE_ENDIAN);
    int changed = 0;
    for (int at = 0; at + 4 <= model.length; at++) {
      if (bytes.getFloat(at) == 1e-5f) {
        bytes.putFloat(at, 3e-5f);
        changed++;
      }
    }
    Path other = Files.write(temp.resolve("epsilon.onnx"), model);
    Map<String, HostTensor> before = WeightFile.read(FILES.resolve("ir-norms.onnx"));
    Map<String, HostTensor> after = WeightFile.read(other);
    assertThat(changed).isGreaterThan(5);
    int norms = 0;
    for (Map.Entry<String, HostTensor> array : before.entrySet()) {
      float[] was = array.getValue().toFloats();
      float[] is = after.get(array.getKey()).toFloats();
      boolean variance = array.getKey().endsWith("running_var");
      boolean made = array.getKey().equals("layer1.0.downsample.1.running_var");
      for (int i = 0; i < was.length; i++) {
        assertThat(is[i] - was[i]).isCloseTo(variance && !made ? 2e-5f : 0, within(2e-7f));
      }
      norms += variance && !made ? 1 : 0;
    }
    assertThat(norms).isEqualTo(changed);
  }

  /** What the second block makes has the name of what the first makes, which the second takes. */
  @Test
  void aModelThatLeadsInACircleIsReadToItsEnd() throws IOException {
    byte[] model = Files.readAllBytes(FILES.resolve("ir-folded.onnx"));
    String text = new String(model, StandardCharsets.ISO_8859_1);
    String output = "\u0012\u0019"; // tag and length before the name of what a node makes
    String circle =
        text.replace(output + "/body/body.1/Add_output_0", output + "/body/body.0/Add_output_0");
    assertThat(circle).isNotEqualTo(text);
    Path file = temp.resolve("circle.onnx");
    Files.write(file, circle.getBytes(StandardCharsets.ISO_8859_1));
    assertThat(WeightFile.read(file)).isNotEmpty();
  }

  /** Damaged models: refused in a line, or read. */
  @Test
  void noModelIsTooDamagedToBeRefused() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[] whole = Files.readAllBytes(FILES.resolve("ir-folded.onnx"));
    int refused = 0;
    for (int i = 0; i < 3000; i++) {
      byte[] damaged = random.nextInt(4) > 0 ? whole.clone() : cut(whole, random);
      for (int change = random.nextInt(4); change >= 0; change--) {
        // Mostly where the structure is: the values of the arrays are the longest part.
        int at =
            random.nextInt(random.nextBoolean() ? Math.min(5000, damaged.length) : damaged.length);
        damaged[at] =
            (byte) (random.nextBoolean() ? random.nextInt() : damaged[at] ^ 1 << random.nextInt(8));
      }
      Path file = Files.write(temp.resolve("damaged.onnx"), damaged);
      try {
        WeightLayout.describe(WeightFile.read(file));
      } catch (IllegalArgumentException e) {
        refused++;
        assertThat(e).as("seed %d, case %d", seed, i).hasMessageStartingWith(file + ": ");
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + seed + ", case " + i, e);
      }
    }
    assertThat(refused).as("seed " + seed).isBetween(300, 2900);
  }

  private static byte[] cut(byte[] whole, Random random) {
    return Arrays.copyOf(whole, 8 + random.nextInt(whole.length - 8));
  }

  @Test
  void coloursInTheOtherOrderGiveTheSameWithFiltersTurnedRound() {
    Map<String, HostTensor> weights =
        new LinkedHashMap<>(WeightLayout.find(MODEL, FILES.resolve("ir.ckpt")).tensors());
    float[] wanted = Npy.read(FILES.resolve("ir.npy")).toFloats();
    HostTensor turned = WeightLayout.otherColours(weights.get("conv1.weight"));
    weights.put("conv1.weight", turned);
    HostTensor images = Npy.read(FILES.resolve("images.npy"));
    float[] values = images.toFloats();
    float[] bgr = new float[values.length];
    for (int i = 0; i < bgr.length; i++) {
      bgr[i] = values[i + (2 - 2 * (i / 144 % 3)) * 144];
    }
    assertThat(embeddings(weights, bgr)).containsExactly(wanted, within(1e-5f));
    assertThat(embeddings(weights, values)[0]).isNotCloseTo(wanted[0], within(1e-3f));
  }

  @Test
  void allThatDoesNotFitIsTold() {
    ModelConfig other =
        ModelConfigBuilder.builder(MODEL).widths(List.of(6, 10)).embedding(7).build();
    assertThatThrownBy(() -> WeightLayout.find(other, FILES.resolve("ir.ckpt")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("layer2.0.conv1.weight [8, 6, 3, 3], expected [10, 6, 3, 3]; ")
        .hasMessageContaining("fc.bias [5], expected [7]; ");
    ModelConfig deeper = ModelConfigBuilder.builder(MODEL).layers(List.of(2, 2)).build();
    assertThatThrownBy(() -> WeightLayout.find(deeper, FILES.resolve("ir.ckpt")))
        .hasMessageContaining("missing layer2.1.")
        .hasMessageContaining("it takes model: {backbone: iresnet, input: [3, 12,");
  }

  @Test
  void ourOwnNamesAreKnownAndNobodysAreNot() {
    Path file = temp.resolve("own.safetensors");
    Map<String, HostTensor> weights =
        new LinkedHashMap<>(WeightLayout.find(MODEL, FILES.resolve("ir.ckpt")).tensors());
    Safetensors.write(file, weights, Map.of());
    WeightLayout layout = WeightLayout.of(WeightFile.read(file)).orElseThrow();
    assertThat(layout.names()).isEqualTo("InsightFace's iresnet");
    assertThat(layout.prefix()).isEmpty();
    assertThat(WeightLayout.of(Map.of("a.weight", HostTensor.of(new float[1], 1)))).isEmpty();
  }

  private static Map<String, HostTensor> zeros(ModelConfig model) {
    Map<String, HostTensor> arrays = new LinkedHashMap<>();
    Encoder.shapes(model).forEach((name, shape) -> arrays.put(name, zeros(shape)));
    return arrays;
  }

  private static HostTensor zeros(long... shape) {
    return HostTensor.of(new float[(int) new Shape(shape).size()], shape);
  }

  private static List<ModelConfig> oneOfEachKind() {
    ModelConfigBuilder plain = ModelConfigBuilder.builder().input(List.of(3, 32, 32)).embedding(5);
    return List.of(
        MODEL,
        ModelConfigBuilder.builder(plain.build()).backbone(ModelConfig.Backbone.mbf).build(),
        ModelConfigBuilder.builder(plain.build())
            .backbone(ModelConfig.Backbone.mobilefacenet)
            .build(),
        ModelConfigBuilder.builder(plain.build())
            .backbone(ModelConfig.Backbone.vit)
            .layers(List.of(2))
            .widths(List.of(16))
            .patch(8)
            .build());
  }

  @Test
  void everyBackboneIsKnownByItsNamesAndShapes() {
    for (ModelConfig model : oneOfEachKind()) {
      WeightLayout layout = WeightLayout.of(zeros(model)).orElseThrow();
      assertThat(layout.model()).as(layout.toString()).isPresent();
      assertThat(layout.model().get().backbone()).isEqualTo(model.backbone());
      assertThat(layout.model().get().input()).isEqualTo(model.input());
      assertThat(layout.model().get().embedding()).isEqualTo(5);
    }
  }

  /** Arrays that are missing or of strange shapes: it says what it can, and fails in no case. */
  @Test
  void noArraysAreTooStrangeToBeListed() {
    for (int trial = 0; trial < 400; trial++) {
      Random random = new Random(trial);
      int kind = random.nextInt(5);
      Map<String, HostTensor> whole =
          kind == 4
              ? WeightFile.read(FILES.resolve("ir-net.pt"))
              : zeros(oneOfEachKind().get(kind));
      Map<String, HostTensor> arrays = new LinkedHashMap<>();
      double missing = random.nextInt(3) / 3.0;
      whole.forEach(
          (name, array) -> {
            if (random.nextDouble() >= missing) {
              long[] shape = random.nextInt(6) > 0 ? array.shape() : strange(random);
              arrays.put(name, shape == array.shape() ? array : zeros(shape));
            }
          });
      assertThatCode(() -> WeightLayout.describe(arrays))
          .as("seed %d", trial)
          .doesNotThrowAnyException();
    }
  }

  private static long[] strange(Random random) {
    return random.longs(random.nextInt(5), 0, 4).toArray();
  }

  private static float[] embeddings(Map<String, HostTensor> weights) {
    return embeddings(weights, Npy.read(FILES.resolve("images.npy")).toFloats());
  }

  private static float[] embeddings(Map<String, HostTensor> weights, float[] images) {
    Autograd.off();
    try (NDManager manager = NDManager.newBaseManager("PyTorch");
        Encoder encoder = Encoder.create(MODEL, manager, 0, Precision.fp32)) {
      weights.forEach(
          (name, array) ->
              encoder
                  .parameters()
                  .set(name, manager.create(array.toFloats(), new Shape(array.shape()))));
      return encoder
          .features(manager.create(images, new Shape(3, 3, 12, 12)), Encoder.Mode.eval)
          .toFloatArray();
    }
  }
}
