package ffc.core.export;

import ffc.core.net.Operators;
import ffc.formats.ElementType;
import ffc.formats.HostTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * A backbone as nodes of ONNX's operators. Arrays keep the names of PyTorch's modules, and what a
 * layer gives has the name of the layer.
 */
final class OnnxGraph implements Operators<OnnxGraph.Value> {
  /**
   * What a node gives.
   *
   * @param flat whether it is [B, values]; otherwise [B, channels, height, width] or [B, N, D]
   */
  record Value(String name, boolean flat) {}

  /**
   * An operator at its place.
   *
   * @param inputs names of values and arrays
   * @param attributes by name: a Long, a Float or a List of Longs
   */
  record Node(
      String operator,
      String name,
      List<String> inputs,
      String output,
      Map<String, Object> attributes) {
    Node {
      inputs = List.copyOf(inputs);
      attributes = Map.copyOf(attributes);
    }

    Node with(List<String> otherInputs, String otherOutput) {
      return new Node(operator, name, otherInputs, otherOutput, attributes);
    }
  }

  private final Map<String, HostTensor> weights;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, HostTensor> arrays = new LinkedHashMap<>();
  private final Map<String, Integer> widths = new HashMap<>();
  private int unnamed;

  /**
   * @param weights of the network by name, f32
   */
  OnnxGraph(Map<String, HostTensor> weights) {
    this.weights = weights;
  }

  /** In the order in which they run; may be changed. */
  List<Node> nodes() {
    return nodes;
  }

  /** By the names that nodes have for them; may be changed. */
  Map<String, HostTensor> arrays() {
    return arrays;
  }

  /**
   * Adds a node.
   *
   * @return the name of what it gives: {@code output}
   */
  String node(String operator, String output, List<String> inputs, Map<String, Object> attributes) {
    nodes.add(new Node(operator, output, inputs, output, attributes));
    return output;
  }

  /** Adds an array; returns its name. */
  String array(String name, HostTensor array) {
    arrays.put(name, array);
    return name;
  }

  private HostTensor weight(String name) {
    HostTensor array = weights.get(name);
    if (array == null || array.type() != ElementType.F32) {
      throw new IllegalArgumentException(
          "export: array " + name + ": got " + array + ", wanted one of F32");
    }
    return array;
  }

  private String weightOf(String layer, String which) {
    String name = layer + "." + which;
    return array(name, weight(name));
  }

  private Value convolution(
      Value x, String name, HostTensor filters, int stride, int pad, int groups) {
    Map<String, Object> attributes = new LinkedHashMap<>();
    attributes.put("kernel_shape", List.of(filters.shape()[2], filters.shape()[3]));
    attributes.put("strides", List.of((long) stride, (long) stride));
    attributes.put("pads", List.of((long) pad, (long) pad, (long) pad, (long) pad));
    attributes.put("group", (long) groups);
    String weight = array(name + ".weight", filters);
    return new Value(node("Conv", name, List.of(x.name(), weight), attributes), false);
  }

  @Override
  public Value convolution(
      Value x, String name, int out, int kernel, int stride, int pad, int groups) {
    return convolution(x, name, weight(name + ".weight"), stride, pad, groups);
  }

  @Override
  public Value norm(Value x, String name, double epsilon) {
    List<String> inputs =
        List.of(
            x.name(),
            weightOf(name, "weight"),
            weightOf(name, "bias"),
            weightOf(name, "running_mean"),
            weightOf(name, "running_var"));
    return new Value(
        node("BatchNormalization", name, inputs, Map.of("epsilon", (float) epsilon)), x.flat());
  }

  @Override
  public Value normOfFixedWeight(Value x, String name) {
    return norm(x, name);
  }

  @Override
  public Value prelu(Value x, String name) {
    HostTensor slopes = weight(name + ".weight");
    long channels = slopes.elements();
    // Shapes are matched from the right, so those of an image's channels need two more axes.
    HostTensor fitting =
        x.flat()
            ? slopes
            : new HostTensor(slopes.type(), new long[] {channels, 1, 1}, slopes.data());
    List<String> inputs = List.of(x.name(), array(name + ".weight", fitting));
    return new Value(node("PRelu", name, inputs, Map.of()), x.flat());
  }

  @Override
  public Value dropout(Value x, double probability) {
    return x;
  }

  @Override
  public Value dense(Value x, String name, int out) {
    List<String> inputs =
        List.of(flat(x, name + ".flat").name(), weightOf(name, "weight"), weightOf(name, "bias"));
    return new Value(node("Gemm", name, inputs, Map.of("transB", 1L)), true);
  }

  @Override
  public Value denseWithoutBias(Value x, String name, int out) {
    List<String> inputs = List.of(flat(x, name + ".flat").name(), weightOf(name, "weight"));
    return new Value(node("Gemm", name, inputs, Map.of("transB", 1L)), true);
  }

  @Override
  public Value patches(Value images, String name, int out, int size) {
    Value squares = convolution(images, name + ".squares", weight(name + ".weight"), size, 0, 1);
    HostTensor bias = weight(name + ".bias");
    HostTensor fitting = new HostTensor(bias.type(), new long[] {out, 1, 1}, bias.data());
    String sum = two("Add", name + ".sum", squares.name(), array(name + ".bias", fitting));
    return tokens(transposed(name, shaped(name + ".rows", sum, 0, 0, -1), 0, 2, 1));
  }

  @Override
  public Value positions(Value x, String name) {
    return tokens(two("Add", name + ".sum", x.name(), array(name, weight(name))));
  }

  @Override
  public Value layerNorm(Value x, String name) {
    // LayerNormalization is an operator of later sets only.
    Map<String, Object> last = Map.of("axes", List.of(-1L), "keepdims", 1L);
    String mean = node("ReduceMean", name + ".mean", List.of(x.name()), last);
    String centred = two("Sub", name + ".centred", x.name(), mean);
    String squares = two("Mul", name + ".squares", centred, centred);
    String variance = node("ReduceMean", name + ".variance", List.of(squares), last);
    String raised =
        two("Add", name + ".raised", variance, number(name + ".epsilon", (float) EPSILON));
    String deviation = node("Sqrt", name + ".deviation", List.of(raised), Map.of());
    String unit = two("Div", name + ".unit", centred, deviation);
    String scaled = two("Mul", name + ".scaled", unit, weightOf(name, "weight"));
    return tokens(two("Add", name, scaled, weightOf(name, "bias")));
  }

  @Override
  public Value linear(Value x, String name, int out, boolean bias) {
    HostTensor weight = weight(name + ".weight");
    String columns = array(name + ".weight", transposed(weight));
    widths.put(name, out);
    if (!bias) {
      return tokens(two("MatMul", name, x.name(), columns));
    }
    String product = two("MatMul", name + ".product", x.name(), columns);
    return tokens(two("Add", name, product, weightOf(name, "bias")));
  }

  @Override
  public Value attention(Value qkv, int heads) {
    String name = "attention." + unnamed++;
    double d = widths.get(qkv.name()) / 3.0 / heads;
    // Queries, keys and values: axis 2 of five, which becomes the first.
    String apart = shaped(name + ".apart", qkv.name(), 0, 0, 3, heads, -1);
    String parts = transposed(name + ".parts", apart, 2, 0, 3, 1, 4);
    String queries = part(name + ".q", parts, 0);
    String keys = transposed(name + ".kt", part(name + ".k", parts, 1), 0, 1, 3, 2);
    String values = part(name + ".v", parts, 2);
    String scores = two("MatMul", name + ".scores", queries, keys);
    String scaled =
        two("Mul", name + ".scaled", scores, number(name + ".scale", (float) (1 / Math.sqrt(d))));
    String shares = node("Softmax", name + ".shares", List.of(scaled), Map.of("axis", 3L));
    String seen = two("MatMul", name + ".seen", shares, values);
    return tokens(shaped(name, transposed(name + ".together", seen, 0, 2, 1, 3), 0, 0, -1));
  }

  @Override
  public Value relu6(Value x) {
    String name = "relu6." + unnamed++;
    List<String> inputs = List.of(x.name(), number(name + ".least", 0), number(name + ".most", 6));
    return new Value(node("Clip", name, inputs, Map.of()), x.flat());
  }

  @Override
  public Value branch(Value x, double probability) {
    return x;
  }

  @Override
  public Value hidden(Value x, double share) {
    return x;
  }

  @Override
  public Value restored(Value x, String name, double share) {
    return x;
  }

  private static Value tokens(String name) {
    return new Value(name, false);
  }

  private String two(String operator, String output, String x, String y) {
    return node(operator, output, List.of(x, y), Map.of());
  }

  /** A number, which has no axes. */
  private String number(String name, float value) {
    return array(name, HostTensor.of(new float[] {value}));
  }

  /** Reshapes; 0 stands for a size as it is, -1 for what is left. */
  private String shaped(String output, String input, long... sizes) {
    String shape = array(output + ".shape", HostTensor.of(sizes, sizes.length));
    return two("Reshape", output, input, shape);
  }

  private String transposed(String output, String input, long... axes) {
    List<Long> order = Arrays.stream(axes).boxed().toList();
    return node("Transpose", output, List.of(input), Map.of("perm", order));
  }

  private String part(String output, String input, long index) {
    String at = array(output + ".index", HostTensor.of(new long[] {index}));
    return node("Gather", output, List.of(input, at), Map.of("axis", 0L));
  }

  private static HostTensor transposed(HostTensor matrix) {
    int rows = Math.toIntExact(matrix.shape()[0]);
    int columns = Math.toIntExact(matrix.shape()[1]);
    float[] values = matrix.toFloats();
    float[] turned = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      turned[i % columns * rows + i / columns] = values[i];
    }
    return HostTensor.of(turned, columns, rows);
  }

  @Override
  public Value weightedSum(Value x, String name) {
    HostTensor weight = weight(name + ".weight");
    long[] shape = weight.shape();
    long[] filters = {shape[1], 1, shape[2], shape[3]};
    int channels = Math.toIntExact(shape[1]);
    return convolution(
        x, name, new HostTensor(weight.type(), filters, weight.data()), 1, 0, channels);
  }

  @Override
  public Value add(Value x, Value y) {
    String name = "sum." + unnamed++;
    return new Value(node("Add", name, List.of(x.name(), y.name()), Map.of()), x.flat());
  }

  @Override
  public Value block(Value x, UnaryOperator<Value> piece) {
    return piece.apply(x);
  }

  /** The value as [B, values]. */
  Value flat(Value x, String name) {
    return x.flat()
        ? x
        : new Value(node("Flatten", name, List.of(x.name()), Map.of("axis", 1L)), true);
  }
}
