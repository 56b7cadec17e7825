package ffc.formats;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The arrays of an improved residual network (batch norm, convolution, batch norm, PReLU,
 * convolution, batch norm beside a skip) under InsightFace's names, found by following what flows
 * from layer to layer.
 *
 * <p>A batch norm that was folded into the convolution before it leaves a bias there: it comes back
 * as one that does nothing but add that, γ = 1, mean 0, variance 1 − 1e-5. The network gives the
 * same with the running statistics, and nothing sensible with those of a batch.
 */
final class ResidualNames {
  /** Variance with which batch norm, which adds 1e-5, divides by 1. */
  static final float UNIT = 1 - 1e-5f;

  private static final float EPSILON = 1e-5f;

  private static final int WIDEST = 1 << 14;

  private final OnnxModel model;
  private final Map<String, List<OnnxModel.Node>> users = new LinkedHashMap<>();
  private final Map<String, HostTensor> named = new LinkedHashMap<>();

  private ResidualNames(OnnxModel model) {
    this.model = model;
    for (OnnxModel.Node node : model.nodes()) {
      for (String input : node.inputs()) {
        users.computeIfAbsent(input, name -> new ArrayList<>()).add(node);
      }
    }
  }

  /** Its arrays by InsightFace's names; empty if it is another network. */
  static Optional<Map<String, HostTensor>> of(OnnxModel model) {
    ResidualNames names = new ResidualNames(model);
    return names.found() ? Optional.of(names.named) : Optional.empty();
  }

  private boolean found() {
    Optional<OnnxModel.Node> stem =
        model.nodes().stream().filter(node -> node.operator().equals("Conv")).findFirst();
    if (stem.isEmpty()) {
      return false;
    }
    OnnxModel.Node slopes = user(convolution(stem.get(), "conv1", "bn1"), "PRelu");
    String at = prelu(slopes, "prelu");
    int stage = 0;
    int block = 0;
    while (at != null) {
      OnnxModel.Node norm = user(at, "BatchNormalization");
      OnnxModel.Node first = norm == null ? null : user(norm.output(), "Conv");
      if (first == null) {
        return stage > 0 && end(at, norm, named.get("layer" + stage + ".0.conv2.weight"));
      }
      boolean begins = user(at, "Conv") != null || strided(user(at, "MaxPool"));
      stage += begins ? 1 : 0;
      block = begins ? 0 : block + 1;
      at = block(at, norm, first, "layer" + stage + "." + block + ".");
    }
    return false;
  }

  /** The block's output, null if it is none. */
  private String block(String input, OnnxModel.Node norm, OnnxModel.Node first, String name) {
    norm(norm, name + "bn1");
    OnnxModel.Node slopes = user(convolution(first, name + "conv1", name + "bn2"), "PRelu");
    OnnxModel.Node second = user(prelu(slopes, name + "prelu"), "Conv");
    String main = second == null ? null : convolution(second, name + "conv2", name + "bn3");
    String beside = skip(input, name + "downsample.", name + "conv2.weight");
    OnnxModel.Node sum = user(main, "Add");
    return sum != null && beside != null && sum.inputs().contains(beside) ? sum.output() : null;
  }

  /**
   * What flows beside a block: its input, also through a pool of single pixels, a projection of it,
   * or every second pixel of it, which is a projection that gives what it gets.
   */
  private String skip(String input, String name, String filters) {
    OnnxModel.Node projection = user(input, "Conv");
    if (projection != null) {
      return convolution(projection, name + "0", name + "1");
    }
    OnnxModel.Node pool = user(input, "MaxPool");
    if (pool == null) {
      return input;
    }
    if (!strided(pool)) {
      return pool.output();
    }
    HostTensor second = named.get(filters);
    if (second == null || !List.of(1L, 1L).equals(pool.integers().get("kernel_shape"))) {
      return null;
    }
    int width = (int) second.shape()[0];
    float[] identity = new float[width * width];
    for (int i = 0; i < width; i++) {
      identity[i * (width + 1)] = 1;
    }
    named.put(name + "0.weight", HostTensor.of(identity, width, width, 1, 1));
    neutral(name + "1", new float[width]);
    return pool.output();
  }

  private static boolean strided(OnnxModel.Node pool) {
    return pool != null && !List.of(1L, 1L).equals(pool.integers().get("strides"));
  }

  /**
   * The layers behind the blocks.
   *
   * @param norm the first of them, null if it was folded into the product behind it
   * @param filters of the last stage
   */
  private boolean end(String blocks, OnnxModel.Node norm, HostTensor filters) {
    String at = blocks;
    if (norm == null) {
      neutral("bn2", new float[(int) filters.shape()[0]]);
    } else if (norm(norm, "bn2")) {
      at = norm.output();
    } else {
      return false;
    }
    OnnxModel.Node dense = user(at, "Gemm");
    for (int i = 0; dense == null && i < 4; i++) { // Dropout, Flatten, Reshape, Identity
      List<OnnxModel.Node> next = users.getOrDefault(at, List.of());
      if (next.size() != 1) {
        return false;
      }
      at = next.get(0).output();
      dense = user(at, "Gemm");
    }
    if (dense == null || dense.integers().get("transB") == null) {
      return false;
    }
    HostTensor weight = model.arrays().get(dense.input(1));
    HostTensor bias = model.arrays().get(dense.input(2));
    if (weight == null || bias == null || weight.shape().length != 2) {
      return false;
    }
    named.put("fc.weight", weight);
    named.put("fc.bias", bias);
    OnnxModel.Node features = user(dense.output(), "BatchNormalization");
    if (features != null) {
      return norm(features, "features");
    }
    neutral("features", new float[bias.elements()]);
    return true;
  }

  /**
   * Names a convolution and the batch norm behind it, or in it.
   *
   * @return what comes out; null if it is no such pair
   */
  private String convolution(OnnxModel.Node convolution, String name, String norm) {
    HostTensor filters = model.arrays().get(convolution.input(1));
    if (filters == null
        || filters.shape().length != 4
        || Arrays.stream(filters.shape()).anyMatch(size -> size < 1 || size > WIDEST)) {
      return null;
    }
    named.put(name + ".weight", filters);
    OnnxModel.Node behind = user(convolution.output(), "BatchNormalization");
    HostTensor bias = model.arrays().get(convolution.input(2));
    if (behind != null && bias == null) {
      return norm(behind, norm) ? behind.output() : null;
    }
    if (behind != null || bias == null) {
      return null;
    }
    neutral(norm, bias.toFloats());
    return convolution.output();
  }

  /** A batch norm that only adds a bias. */
  private void neutral(String name, float[] bias) {
    named.put(name + ".weight", filled(bias.length, 1));
    named.put(name + ".bias", HostTensor.of(bias, bias.length));
    named.put(name + ".running_mean", filled(bias.length, 0));
    named.put(name + ".running_var", filled(bias.length, UNIT));
  }

  private static HostTensor filled(int size, float value) {
    float[] values = new float[size];
    Arrays.fill(values, value);
    return HostTensor.of(values, size);
  }

  /** Names a batch norm; false if its arrays are not in the file. */
  private boolean norm(OnnxModel.Node norm, String name) {
    List<String> parts = List.of("weight", "bias", "running_mean", "running_var");
    for (int i = 0; i < parts.size(); i++) {
      HostTensor array = model.arrays().get(norm.input(i + 1));
      if (array == null) {
        return false;
      }
      boolean other = i == 3 && norm.epsilon() != EPSILON;
      named.put(name + "." + parts.get(i), other ? plus(array, norm.epsilon() - EPSILON) : array);
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
  private String prelu(OnnxModel.Node slopes, String name) {
    HostTensor array = slopes == null ? null : model.arrays().get(slopes.input(1));
    if (array == null) {
      return null;
    }
    named.put(
        name + ".weight",
        new HostTensor(array.type(), new long[] {array.elements()}, array.data()));
    return slopes.output();
  }

  /** The only operator of a kind that takes an output; null if there is none or are several. */
  private OnnxModel.Node user(String output, String operator) {
    if (output == null) {
      return null;
    }
    List<OnnxModel.Node> all =
        users.getOrDefault(output, List.of()).stream()
            .filter(node -> node.operator().equals(operator))
            .toList();
    return all.size() == 1 ? all.get(0) : null;
  }
}
