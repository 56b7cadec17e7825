package ffc.core.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ffc.core.net.Architecture;
import ffc.core.net.Backbone;
import ffc.core.net.Encoder;
import ffc.core.net.EncoderEmbedder;
import ffc.core.net.Images;
import ffc.core.net.ModelConfig;
import ffc.core.net.ModelConfigBuilder;
import ffc.core.net.Parameters;
import ffc.core.net.Precision;
import ffc.core.net.layout.WeightLayout;
import ffc.engine.Autograd;
import ffc.eval.embedding.ImageEmbedder;
import ffc.formats.HostTensor;
import ffc.formats.WeightFile;
import ffc.formats.WholeFile;
import ffc.loaders.data.ImageShape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxFileTest {
  private static final OnnxOptions PLAIN = new OnnxOptions(false, false, false, true);
  private static final int[] BATCHES = {1, 2, 3, 4, 7, 8, 16, 33, 64};

  @TempDir Path temp;
  private NDManager manager;

  @BeforeEach
  void engine() {
    Autograd.off();
    manager = NDManager.newBaseManager("PyTorch");
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** Depths of r18, r34, r50, r100 and r200, colour and gray, sides that are odd on the way. */
  static List<ModelConfig> networks() {
    List<ModelConfig> networks = new ArrayList<>();
    for (List<Integer> layers :
        List.of(
            List.of(2, 2, 2, 2),
            List.of(3, 4, 6, 3),
            List.of(3, 4, 14, 3),
            List.of(3, 13, 30, 3),
            List.of(6, 26, 60, 6))) {
      networks.add(iresnet(3, layers));
    }
    networks.add(iresnet(1, List.of(1, 1)));
    networks.add(
        ModelConfigBuilder.builder()
            .backbone(ModelConfig.Backbone.mobilefacenet)
            .input(List.of(3, 20, 16))
            .embedding(16)
            .build());
    networks.add(
        ModelConfigBuilder.builder()
            .backbone(ModelConfig.Backbone.mbf)
            .input(List.of(3, 20, 20))
            .embedding(16)
            .build());
    networks.add(
        ModelConfigBuilder.builder()
            .backbone(ModelConfig.Backbone.vit)
            .input(List.of(3, 20, 16))
            .layers(List.of(3))
            .widths(List.of(12))
            .patch(5)
            .heads(3)
            .embedding(16)
            .build());
    return networks;
  }

  private static ModelConfig iresnet(int channels, List<Integer> layers) {
    return ModelConfigBuilder.builder()
        .backbone(ModelConfig.Backbone.iresnet)
        .input(List.of(channels, 20, 16))
        .layers(layers)
        .widths(List.of(8, 12, 16, 16).subList(0, layers.size()))
        .embedding(16)
        .dropout(0.3)
        .build();
  }

  @ParameterizedTest
  @MethodSource("networks")
  void givesTheEmbeddingsOfTheNetworkInBatchesOfEverySize(ModelConfig model) throws IOException {
    try (Encoder encoder = Encoder.create(model, manager, 5, Precision.fp32)) {
      Map<String, HostTensor> weights = withStatisticsOfItsOwn(encoder, model);
      ImageEmbedder embedder = new EncoderEmbedder(encoder);
      for (boolean fold : new boolean[] {false, true}) {
        OnnxOptions options = new OnnxOptions(fold, false, false, true);
        Path file = write(model.architecture(), weights, embedder, options);
        boolean small = model.layers() != null && model.layers().size() == 2;
        int[] batches = small ? IntStream.rangeClosed(1, 64).toArray() : BATCHES;
        double difference = OnnxCheck.largestDifference(file, embedder, options, batches);
        assertThat(difference).as("fold %s", fold).isLessThan(1e-5);
      }
    }
  }

  static List<ModelConfig> takenBack() {
    Set<ModelConfig.Backbone> taken =
        Set.of(ModelConfig.Backbone.iresnet, ModelConfig.Backbone.mbf, ModelConfig.Backbone.vit);
    List<ModelConfig> networks = new ArrayList<>(networks());
    networks.removeIf(model -> !taken.contains(model.backbone()));
    networks.add(
        ModelConfigBuilder.builder()
            .backbone(ModelConfig.Backbone.mbf_large)
            .input(List.of(1, 40, 40))
            .embedding(16)
            .build());
    return networks;
  }

  /** Weights go out and come back, under names that say nothing. */
  @ParameterizedTest
  @MethodSource("takenBack")
  void comesBackAsTheNetworkThatItWas(ModelConfig model) throws IOException {
    try (Encoder encoder = Encoder.create(model, manager, 5, Precision.fp32);
        Encoder again = Encoder.create(model, manager, 6, Precision.fp32)) {
      Map<String, HostTensor> weights = withStatisticsOfItsOwn(encoder, model);
      ImageShape shape = model.shape();
      NDArray images =
          manager.randomUniform(
              -1, 1, new Shape(4, shape.channels(), shape.height(), shape.width()));
      float[] wanted = encoder.features(images, Encoder.Mode.eval).toFloatArray();
      for (boolean fold : new boolean[] {false, true}) {
        Path file =
            write(
                model.architecture(),
                weights,
                new EncoderEmbedder(encoder),
                new OnnxOptions(fold, false, false, true));
        WeightFile.Network found = WeightLayout.find(model, withoutNames(file));
        assertThat(WeightLayout.foldedRemark(found.tensors(), "").isEmpty()).isEqualTo(!fold);
        found
            .tensors()
            .forEach(
                (name, array) ->
                    again
                        .parameters()
                        .set(name, manager.create(array.toFloats(), new Shape(array.shape()))));
        assertThat(again.features(images, Encoder.Mode.eval).toFloatArray())
            .as("fold %s", fold)
            .containsExactly(wanted, within(fold ? 2e-5f * largest(wanted) : 0));
      }
    }
  }

  /** The same model with names of its arrays that no reader can know. */
  private static Path withoutNames(Path file) throws IOException {
    String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
    return Files.writeString(
        file,
        bytes
            .replace(".weight", ".number")
            .replace("layer", "piece")
            .replace("conv", "node")
            .replace("blocks", "floors")
            .replace("embed", "place"),
        StandardCharsets.ISO_8859_1);
  }

  private static float largest(float[] values) {
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
  void takesAndGivesWhatTheOptionsSay(int bits) throws IOException {
    OnnxOptions options =
        new OnnxOptions((bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0);
    for (ModelConfig model : List.of(networks().get(0), networks().get(6), networks().get(8))) {
      try (Encoder encoder = Encoder.create(model, manager, 5, Precision.fp32)) {
        ImageEmbedder embedder = new EncoderEmbedder(encoder);
        Map<String, HostTensor> weights =
            BackboneScriptTest.disturbed(encoder.parameters(), manager);
        Path file = write(model.architecture(), weights, embedder, options);
        double difference = OnnxCheck.largestDifference(file, embedder, options, 1, 2, 5);
        assertThat(difference)
            .as("%s", options)
            .isLessThan(options.half() ? OnnxExport.HALF_BOUND : OnnxExport.BOUND);
        if (options.half()) {
          assertThat(difference).as("%s", options).isGreaterThan(OnnxExport.BOUND);
          assertThat(Files.size(file)).isLessThan(values(weights) * 2 + 100_000);
        }
      }
    }
  }

  /** A network of the test's own, in which norms stand where they cannot all be folded. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aNetworkThatIsSaidOnceIsExported(boolean fold) throws IOException {
    try (Parameters parameters = new Parameters(manager, 5)) {
      Backbone network = new Backbone(BackboneScriptTest.OWN, new ImageShape(3, 10, 7), parameters);
      Map<String, HostTensor> weights = BackboneScriptTest.disturbed(parameters, manager);
      OnnxOptions options = new OnnxOptions(fold, false, false, false);
      ImageEmbedder embedder = embedder(network, new ImageShape(3, 10, 7), 5);
      Path file = write(BackboneScriptTest.OWN, weights, embedder, options);
      assertThat(OnnxCheck.largestDifference(file, embedder, options, 1, 4)).isLessThan(1e-5);
    }
  }

  @Test
  void foldingLeavesTheNormsBeforePaddedConvolutions() throws IOException {
    ModelConfig model = networks().get(0);
    try (Encoder encoder = Encoder.create(model, manager, 5, Precision.fp32)) {
      Map<String, HostTensor> weights = BackboneScriptTest.disturbed(encoder.parameters(), manager);
      OnnxGraph graph = new OnnxGraph(weights);
      model.architecture().features(graph, new OnnxGraph.Value("data", false));
      assertThat(norms(graph)).hasSize(1 + 8 * 3 + 4 + 2);
      OnnxFolding.fold(graph);
      assertThat(norms(graph)).hasSize(8).allMatch(name -> name.matches("layer\\d\\.\\d\\.bn1"));
      assertThat(graph.arrays())
          .containsKeys("conv1.bias", "fc.bias")
          .doesNotContainKey("bn1.bias");
    }
  }

  /** InsightFace's reader takes a model for one that scales if two of its first nodes begin so. */
  @ParameterizedTest
  @MethodSource("networks")
  void noLayerLooksAsIfTheModelScaledPixels(ModelConfig model) {
    try (Encoder encoder = Encoder.create(model, manager, 5, Precision.fp32)) {
      OnnxGraph graph = new OnnxGraph(BackboneScriptTest.disturbed(encoder.parameters(), manager));
      model.architecture().features(graph, new OnnxGraph.Value("data", false));
      assertThat(graph.nodes())
          .extracting(OnnxGraph.Node::name)
          .doesNotHaveDuplicates()
          .noneMatch(name -> name.matches("(Sub|_minus|Mul|_mul).*"));
    }
  }

  @Test
  void aFileWhoseEmbeddingsDifferIsNotKept() throws IOException {
    ModelConfig model = networks().get(5);
    Path out = temp.resolve("made/x.onnx");
    try (Encoder encoder = Encoder.create(model, manager, 5, Precision.fp32);
        Encoder other = Encoder.create(model, manager, 6, Precision.fp32)) {
      Map<String, HostTensor> weights = BackboneScriptTest.disturbed(encoder.parameters(), manager);
      ImageEmbedder right = new EncoderEmbedder(encoder);
      OnnxExport.write(out, model.architecture(), weights, right, PLAIN, Map.of("a", "b"));
      byte[] before = Files.readAllBytes(out);
      assertThatThrownBy(
              () ->
                  OnnxExport.write(
                      out,
                      model.architecture(),
                      weights,
                      new EncoderEmbedder(other),
                      PLAIN,
                      Map.of()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("x.onnx is not written");
      assertThat(out).hasBinaryContent(before);
      assertThat(out.getParent()).isDirectoryContaining(out::equals);
      try (var files = Files.list(out.getParent())) {
        assertThat(files).containsExactly(out);
      }
      weights.put("bn1.weight", HostTensor.of(new float[8], 8));
      weights.put("bn1.bias", HostTensor.of(new float[] {1e6f, 0, 0, 0, 0, 0, 0, 0}, 8));
      OnnxOptions half = new OnnxOptions(false, true, false, true);
      assertThatThrownBy(() -> write(model.architecture(), weights, right, half))
          .hasMessageContaining("array bn1.bias: got 1000000.0, wanted at most 65504 for f16");
      weights.remove("fc.bias");
      assertThatThrownBy(() -> write(model.architecture(), weights, right, PLAIN))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("array fc.bias: got null");
    }
  }

  /**
   * Random values in all arrays but running statistics, which are those of images: with others the
   * values of a hundred blocks grow beyond all bounds, as those of no trained network do.
   */
  private Map<String, HostTensor> withStatisticsOfItsOwn(Encoder encoder, ModelConfig model) {
    BackboneScriptTest.disturbed(encoder.parameters(), manager);
    ImageShape shape = model.shape();
    try (NDManager scope = manager.newSubManager()) {
      for (int i = 0; i < 40; i++) {
        Shape sizes = new Shape(8, shape.channels(), shape.height(), shape.width());
        encoder.features(scope.randomUniform(-1, 1, sizes), Encoder.Mode.gallery).close();
      }
    }
    Map<String, HostTensor> weights = new LinkedHashMap<>();
    encoder
        .parameters()
        .all()
        .forEach(
            (name, array) ->
                weights.put(
                    name, HostTensor.of(array.toFloatArray(), array.getShape().getShape())));
    return weights;
  }

  private static List<String> norms(OnnxGraph graph) {
    return graph.nodes().stream()
        .filter(node -> node.operator().equals("BatchNormalization"))
        .map(OnnxGraph.Node::output)
        .toList();
  }

  private Path write(
      Architecture network,
      Map<String, HostTensor> weights,
      ImageEmbedder embedder,
      OnnxOptions options)
      throws IOException {
    Path file = temp.resolve("network.onnx");
    WholeFile.write(
        file,
        OnnxFile.of(network, weights, embedder.shape(), embedder.dim(), options, Map.of())
            ::writeTo);
    return file;
  }

  private static long values(Map<String, HostTensor> weights) {
    return weights.values().stream().mapToLong(HostTensor::elements).sum();
  }

  private ImageEmbedder embedder(Backbone network, ImageShape shape, int dim) {
    return new ImageEmbedder() {
      @Override
      public int dim() {
        return dim;
      }

      @Override
      public ImageShape shape() {
        return shape;
      }

      @Override
      public void embed(ByteBuffer imagesU8, int count, float[] out, int outOffset) {
        NDArray images = Images.normalised(Images.upload(imagesU8, count, shape, manager));
        float[] rows = network.forward(images, false, false).toFloatArray();
        System.arraycopy(rows, 0, out, outOffset, rows.length);
      }
    };
  }
}
