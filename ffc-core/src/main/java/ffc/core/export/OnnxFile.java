package ffc.core.export;

import ffc.core.net.Architecture;
import ffc.formats.ElementType;
import ffc.formats.HostTensor;
import ffc.formats.proto.ProtoMessage;
import ffc.loaders.data.ImageShape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A backbone as an ONNX model: {@code data} f32 [B, channels, height, width] gives {@code
 * embedding} f32 [B, E], for any B, batch norm by running statistics. Field numbers are those of
 * onnx.proto; the operator set is that of InsightFace's exports, which old runtimes know too.
 */
public final class OnnxFile {
  /** Version of the operator set. */
  public static final int OPSET = 11;

  /** Name of what goes in. */
  public static final String INPUT = "data";

  /** Name of what comes out. */
  public static final String OUTPUT = "embedding";

  /** Pixels become (v − MEAN) / MEAN, which fills [-1, 1]. */
  public static final float MEAN = 127.5f;

  private static final int IR_VERSION = 6; // the first one with OPSET
  private static final String FLAT = "features.flat";

  private final OnnxOptions options;
  private final OnnxGraph graph;
  private final Map<String, HostTensor> constants = new LinkedHashMap<>();

  private OnnxFile(OnnxOptions options, Map<String, HostTensor> weights) {
    this.options = options;
    this.graph = new OnnxGraph(weights);
  }

  /**
   * Makes the model.
   *
   * @param network its structure
   * @param weights its arrays by name, f32
   * @param metadata what readers of the file shall be told
   * @throws IllegalArgumentException if an array is missing, not f32 or too large for f16, or if
   *     the file would be longer than files of this kind can be
   */
  public static ProtoMessage of(
      Architecture network,
      Map<String, HostTensor> weights,
      ImageShape input,
      int embedding,
      OnnxOptions options,
      Map<String, String> metadata) {
    OnnxFile file = new OnnxFile(options, weights);
    file.build(network);
    ProtoMessage model =
        new ProtoMessage()
            .integer(1, IR_VERSION)
            .text(2, "ffc")
            .message(7, file.graphMessage(input, embedding))
            .message(8, new ProtoMessage().text(1, "").integer(2, OPSET));
    metadata.forEach(
        (key, value) -> model.message(14, new ProtoMessage().text(1, key).text(2, value)));
    if (model.size() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "export: the network takes "
              + model.size()
              + " bytes, and an ONNX file holds 2,147,483,647: wanted smaller model.widths or"
              + " model.embedding");
    }
    return model;
  }

  private void build(Architecture network) {
    String images = INPUT;
    if (options.pixels()) {
      // InsightFace's reader tells from how these two names begin that it need not scale.
      images = node("Sub", "Sub_mean", images, constant(INPUT + ".mean", MEAN));
      images = node("Mul", "Mul_scale", images, constant(INPUT + ".scale", 1 / MEAN));
    }
    if (options.half()) {
      images = cast(INPUT + ".half", images, ElementType.F16);
    }
    OnnxGraph.Value features = network.features(graph, new OnnxGraph.Value(images, false));
    String rows = graph.flat(features, FLAT).name();
    if (options.fold()) {
      OnnxFolding.fold(graph);
    }
    if (options.half()) {
      graph.arrays().replaceAll(OnnxFile::half);
      rows = cast(OUTPUT + ".single", rows, ElementType.F32);
    }
    if (options.unit()) {
      String norm =
          graph.node(
              "ReduceL2",
              OUTPUT + ".norm",
              List.of(rows),
              Map.of("axes", List.of(1L), "keepdims", 1L));
      node(
          "Div",
          OUTPUT,
          rows,
          node("Max", OUTPUT + ".length", norm, constant(OUTPUT + ".floor", 1e-12f)));
    } else {
      rename(rows);
    }
  }

  private static HostTensor half(String name, HostTensor array) {
    try {
      return array.type() == ElementType.F32 ? array.toHalf() : array;
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("export: array " + name + ": " + e.getMessage(), e);
    }
  }

  /** Calls the value that the network ends with by the name of what comes out. */
  private void rename(String rows) {
    graph
        .nodes()
        .replaceAll(node -> node.output().equals(rows) ? node.with(node.inputs(), OUTPUT) : node);
  }

  private String node(String operator, String output, String... inputs) {
    return graph.node(operator, output, List.of(inputs), Map.of());
  }

  private String cast(String output, String input, ElementType type) {
    return graph.node("Cast", output, List.of(input), Map.of("to", (long) code(type)));
  }

  private String constant(String name, float value) {
    constants.put(name, HostTensor.of(new float[] {value}, 1));
    return name;
  }

  private ProtoMessage graphMessage(ImageShape input, int embedding) {
    ProtoMessage message = new ProtoMessage();
    graph.nodes().forEach(node -> message.message(1, nodeMessage(node)));
    message.text(2, "backbone");
    constants.forEach((name, array) -> message.message(5, arrayMessage(name, array)));
    graph.arrays().forEach((name, array) -> message.message(5, arrayMessage(name, array)));
    message.message(
        11, valueMessage(INPUT, List.of(input.channels(), input.height(), input.width())));
    return message.message(12, valueMessage(OUTPUT, List.of(embedding)));
  }

  private static ProtoMessage nodeMessage(OnnxGraph.Node node) {
    ProtoMessage message = new ProtoMessage();
    node.inputs().forEach(input -> message.text(1, input));
    message.text(2, node.output()).text(3, node.name()).text(4, node.operator());
    node.attributes().entrySet().stream()
        .sorted(Map.Entry.comparingByKey()) // equal networks give equal files
        .forEach(entry -> message.message(5, attribute(entry.getKey(), entry.getValue())));
    return message;
  }

  private static ProtoMessage attribute(String name, Object value) {
    ProtoMessage message = new ProtoMessage().text(1, name);
    if (value instanceof Float f) {
      return message.floatValue(2, f).integer(20, 1);
    }
    if (value instanceof Long i) {
      return message.integer(3, i).integer(20, 2);
    }
    ((List<?>) value).forEach(i -> message.integer(8, (Long) i));
    return message.integer(20, 7);
  }

  private static ProtoMessage arrayMessage(String name, HostTensor array) {
    ProtoMessage message = new ProtoMessage();
    for (long size : array.shape()) {
      message.integer(1, size);
    }
    return message.integer(2, code(array.type())).text(8, name).data(9, array.data());
  }

  private static ProtoMessage valueMessage(String name, List<Integer> sizes) {
    ProtoMessage shape = new ProtoMessage().message(1, new ProtoMessage().text(2, "batch"));
    sizes.forEach(size -> shape.message(1, new ProtoMessage().integer(1, size)));
    ProtoMessage tensor = new ProtoMessage().integer(1, code(ElementType.F32)).message(2, shape);
    return new ProtoMessage().text(1, name).message(2, new ProtoMessage().message(1, tensor));
  }

  /** TensorProto.DataType. */
  private static int code(ElementType type) {
    return switch (type) {
      case F16 -> 10;
      case I64 -> 7;
      default -> 1;
    };
  }
}
