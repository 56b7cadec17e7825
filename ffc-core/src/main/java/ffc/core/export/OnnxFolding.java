package ffc.core.export;

import ffc.core.export.OnnxGraph.Node;
import ffc.formats.HostTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Batch norm by running statistics, x s + t with one s and t a channel, put into the convolution or
 * the product that it follows, or into the product that follows it. One before a padded convolution
 * stays: the padding is zeros of what the norm gives, so its t would be missing there. Sums are
 * formed in f64 and rounded once.
 */
final class OnnxFolding {
  private final OnnxGraph graph;

  private OnnxFolding(OnnxGraph graph) {
    this.graph = graph;
  }

  /** Folds what can be folded. */
  static void fold(OnnxGraph graph) {
    OnnxFolding folding = new OnnxFolding(graph);
    for (Node norm : norms(graph)) {
      folding.producer(norm).ifPresent(before -> folding.into(before, norm));
    }
    for (Node norm : norms(graph)) {
      folding.productAfter(norm).ifPresent(after -> folding.ahead(norm, after));
    }
  }

  private static List<Node> norms(OnnxGraph graph) {
    return graph.nodes().stream().filter(n -> n.operator().equals("BatchNormalization")).toList();
  }

  /** The convolution or product whose result the norm alone uses. */
  private Optional<Node> producer(Node norm) {
    String input = norm.inputs().get(0);
    return graph.nodes().stream()
        .filter(node -> node.output().equals(input) && users(input).size() == 1)
        .filter(node -> node.operator().equals("Conv") || node.operator().equals("Gemm"))
        .findFirst();
  }

  /** The product that alone uses what the norm gives, flattened or not. */
  private Optional<Node> productAfter(Node norm) {
    String value = norm.output();
    List<Node> users = users(value);
    if (users.size() == 1 && users.get(0).operator().equals("Flatten")) {
      users = users(users.get(0).output());
    }
    return users.size() == 1 && users.get(0).operator().equals("Gemm")
        ? Optional.of(users.get(0))
        : Optional.empty();
  }

  private List<Node> users(String value) {
    return graph.nodes().stream().filter(node -> node.inputs().contains(value)).toList();
  }

  private void into(Node before, Node norm) {
    Affine affine = new Affine(norm);
    HostTensor weight = graph.arrays().get(before.inputs().get(1));
    float[] values = weight.toFloats();
    int row = values.length / affine.scale.length;
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] * affine.scale[i / row]);
    }
    float[] old = before.inputs().size() > 2 ? array(before, 2) : new float[affine.scale.length];
    float[] bias = new float[old.length];
    for (int c = 0; c < bias.length; c++) {
      bias[c] = (float) (old[c] * affine.scale[c] + affine.shift[c]);
    }
    replace(
        before, norm.output(), HostTensor.of(values, weight.shape()), bias, before.inputs().get(0));
    remove(norm);
  }

  private void ahead(Node norm, Node after) {
    Affine affine = new Affine(norm);
    HostTensor weight = graph.arrays().get(after.inputs().get(1));
    float[] values = weight.toFloats();
    float[] bias =
        after.inputs().size() > 2 ? array(after, 2) : new float[Math.toIntExact(weight.shape()[0])];
    int columns = values.length / bias.length;
    int positions = columns / affine.scale.length; // of one channel, which lie together
    for (int row = 0; row < bias.length; row++) {
      double sum = bias[row];
      for (int column = 0; column < columns; column++) {
        int at = row * columns + column;
        double shift = affine.shift[column / positions];
        sum += values[at] * shift;
        values[at] = (float) (values[at] * affine.scale[column / positions]);
      }
      bias[row] = (float) sum;
    }
    String input = norm.inputs().get(0);
    boolean direct = after.inputs().get(0).equals(norm.output());
    if (!direct) {
      Node flatten = users(norm.output()).get(0);
      put(flatten, flatten.with(List.of(input), flatten.output()));
    }
    replace(
        after,
        after.output(),
        HostTensor.of(values, weight.shape()),
        bias,
        direct ? input : after.inputs().get(0));
    remove(norm);
  }

  private void replace(Node node, String output, HostTensor weight, float[] bias, String input) {
    String name = node.inputs().get(1);
    String biasName = name.replaceAll("weight$", "bias");
    graph.array(name, weight);
    graph.array(biasName, HostTensor.of(bias, bias.length));
    put(node, node.with(List.of(input, name, biasName), output));
  }

  private void put(Node node, Node other) {
    graph.nodes().set(graph.nodes().indexOf(node), other);
  }

  private void remove(Node norm) {
    graph.nodes().remove(norm);
    List<String> arrays = new ArrayList<>(norm.inputs());
    arrays.remove(0);
    arrays.forEach(graph.arrays()::remove);
  }

  private float[] array(Node node, int input) {
    return graph.arrays().get(node.inputs().get(input)).toFloats();
  }

  /** A norm as x scale + shift. */
  private final class Affine {
    private final double[] scale;
    private final double[] shift;

    Affine(Node norm) {
      float[] weight = array(norm, 1);
      float[] bias = array(norm, 2);
      float[] mean = array(norm, 3);
      float[] variance = array(norm, 4);
      float epsilon = (Float) norm.attributes().get("epsilon");
      scale = new double[weight.length];
      shift = new double[weight.length];
      for (int c = 0; c < weight.length; c++) {
        scale[c] = weight[c] / Math.sqrt((double) variance[c] + epsilon);
        shift[c] = bias[c] - mean[c] * scale[c];
      }
    }
  }
}
