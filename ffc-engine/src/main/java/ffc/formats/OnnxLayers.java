package ffc.formats;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The layers of a network in an ONNX model: what its nodes do in pairs and triples, and the arrays
 * that they take, which get the names that they are given here.
 *
 * <p>A batch norm that was folded into the convolution before it leaves a bias there: it comes back
 * as one that does nothing but add that, γ = 1, mean 0, variance 1 − ε. The network gives the same
 * with the running statistics, and nothing sensible with those of a batch.
 */
final class OnnxLayers {
  /** What batch norm adds to variances, where a network says nothing else. */
  static final float EPSILON = 1e-5f;

  private static final List<String> SHAPING = List.of("Flatten", "Reshape", "Dropout", "Identity");

  private static final int WIDEST = 1 << 14;

  private final OnnxModel model;
  private final float epsilon;
  private final Map<String, List<OnnxModel.Node>> users = new LinkedHashMap<>();
  private final Map<String, HostTensor> named = new LinkedHashMap<>();

  OnnxLayers(OnnxModel model) {
    this(model, EPSILON);
  }

  /**
   * @param epsilon that the batch norms of the network add, whatever those of the file do
   */
  OnnxLayers(OnnxModel model, float epsilon) {
    this.model = model;
    this.epsilon = epsilon;
    Map<String, Integer> made = new LinkedHashMap<>();
    for (int i = 0; i < model.nodes().size(); i++) {
      made.put(model.nodes().get(i).output(), i);
    }
    for (int i = 0; i < model.nodes().size(); i++) {
      for (String input : model.nodes().get(i).inputs()) {
        // Nodes stand in the order of their work; a damaged model may lead back, and no walk would
        // end.
        if (made.getOrDefault(input, -1) < i) {
          users.computeIfAbsent(input, name -> new ArrayList<>()).add(model.nodes().get(i));
        }
      }
    }
  }

  /** The arrays by the names that they were given, in that order. */
  Map<String, HostTensor> named() {
    return named;
  }

  /**
   * Names a convolution and the batch norm behind it, or in it.
   *
   * @param convolution null if there is none
   * @return what comes out; null if it is no such pair
   */
  String convolution(OnnxModel.Node convolution, String name, String norm) {
    HostTensor filters = convolution == null ? null : array(convolution, 1);
    if (filters == null
        || filters.shape().length != 4
        || Arrays.stream(filters.shape()).anyMatch(size -> size < 1 || size > WIDEST)) {
      return null;
    }
    named.put(name + ".weight", filters);
    return normed(convolution, norm);
  }

  /**
   * Names a product without a bias and the batch norm behind it, or in it.
   *
   * @param product null if there is none
   * @return what comes out; null if it is no such pair
   */
  String product(OnnxModel.Node product, String name, String norm) {
    HostTensor matrix = product == null ? null : weight(product);
    if (matrix == null) {
      return null;
    }
    named.put(name + ".weight", matrix);
    return normed(product, norm);
  }

  /** Names the batch norm that is behind a layer or, as a bias, in it. */
  private String normed(OnnxModel.Node layer, String norm) {
    OnnxModel.Node behind = user(layer.output(), "BatchNormalization");
    HostTensor bias = array(layer, 2);
    if (behind != null && bias == null) {
      return norm(behind, norm) ? behind.output() : null;
    }
    if (behind != null || bias == null) {
      return null;
    }
    neutral(norm, bias.toFloats());
    return layer.output();
  }

  /** A batch norm that only adds a bias. */
  void neutral(String name, float[] bias) {
    named.put(name + ".weight", filled(bias.length, 1));
    named.put(name + ".bias", HostTensor.of(bias, bias.length));
    named.put(name + ".running_mean", filled(bias.length, 0));
    named.put(name + ".running_var", filled(bias.length, 1 - epsilon));
  }

  private static HostTensor filled(int size, float value) {
    float[] values = new float[size];
    Arrays.fill(values, value);
    return HostTensor.of(values, size);
  }

  /** The array that a node takes at a place; null if it is none of the file. */
  HostTensor array(OnnxModel.Node node, int place) {
    return model.arrays().get(node.input(place));
  }

  /** The first convolution, null if there is none. */
  OnnxModel.Node stem() {
    return model.nodes().stream()
        .filter(node -> node.operator().equals("Conv"))
        .findFirst()
        .orElse(null);
  }

  /** What takes an output. */
  List<OnnxModel.Node> users(String output) {
    return users.getOrDefault(output, List.of());
  }

  /** Names a batch norm; false if its arrays are not in the file. */
  boolean norm(OnnxModel.Node norm, String name) {
    List<String> parts = List.of("weight", "bias", "running_mean", "running_var");
    for (int i = 0; i < parts.size(); i++) {
      HostTensor array = array(norm, i + 1);
      if (array == null) {
        return false;
      }
      boolean other = i == 3 && norm.epsilon() != epsilon;
      named.put(name + "." + parts.get(i), other ? plus(array, norm.epsilon() - epsilon) : array);
    }
    return true;
  }

  private static HostTensor plus(HostTensor array, float number) {
    float[] values = array.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] += number;
    }
    return HostTensor.of(values, array.shape());
  }

  /** Names the slopes, of which ONNX has one a channel as [C, 1, 1]; what comes out, or null. */
  String prelu(OnnxModel.Node slopes, String name) {
    HostTensor array = slopes == null ? null : array(slopes, 1);
    if (array == null) {
      return null;
    }
    named.put(name + ".weight", OnnxWeights.flat(array));
    return slopes.output();
  }

  /** The only operator of a kind that takes an output; null if there is none or are several. */
  OnnxModel.Node user(String output, String operator) {
    if (output == null) {
      return null;
    }
    List<OnnxModel.Node> all =
        users(output).stream().filter(node -> node.operator().equals(operator)).toList();
    return all.size() == 1 ? all.get(0) : null;
  }

  /** The product with a matrix that takes an output, flattened or not; null if there is none. */
  OnnxModel.Node productBehind(String output) {
    String at = output;
    for (int i = 0; at != null && i <= SHAPING.size(); i++) {
      for (String product : List.of("Gemm", "MatMul")) {
        if (user(at, product) != null) {
          return user(at, product);
        }
      }
      List<OnnxModel.Node> next =
          users(at).stream().filter(node -> SHAPING.contains(node.operator())).toList();
      at = next.size() == 1 ? next.get(0).output() : null;
    }
    return null;
  }

  /** The matrix of a product as [out, in], null if the file has none. */
  HostTensor weight(OnnxModel.Node product) {
    HostTensor matrix = array(product, 1);
    if (matrix == null || matrix.shape().length != 2) {
      return null;
    }
    boolean byRows = product.integers().getOrDefault("transB", List.of()).equals(List.of(1L));
    return byRows ? matrix : transposed(matrix);
  }

  private static HostTensor transposed(HostTensor matrix) {
    int rows = (int) matrix.shape()[0];
    int columns = (int) matrix.shape()[1];
    float[] values = matrix.toFloats();
    float[] turned = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      turned[i % columns * rows + i / columns] = values[i];
    }
    return HostTensor.of(turned, columns, rows);
  }
}
