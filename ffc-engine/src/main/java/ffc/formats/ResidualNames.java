package ffc.formats;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The arrays of an improved residual network (batch norm, convolution, batch norm, PReLU,
 * convolution, batch norm beside a skip) under InsightFace's names, found by following what flows
 * from layer to layer.
 */
final class ResidualNames {
  private final OnnxLayers layers;

  private ResidualNames(OnnxModel model) {
    layers = new OnnxLayers(model);
  }

  /** Its arrays by InsightFace's names; empty if it is another network. */
  static Optional<Map<String, HostTensor>> of(OnnxModel model) {
    ResidualNames names = new ResidualNames(model);
    return names.found() ? Optional.of(names.layers.named()) : Optional.empty();
  }

  private boolean found() {
    OnnxModel.Node slopes = layers.user(layers.convolution(layers.stem(), "conv1", "bn1"), "PRelu");
    String at = layers.prelu(slopes, "prelu");
    int stage = 0;
    int block = 0;
    while (at != null) {
      OnnxModel.Node norm = layers.user(at, "BatchNormalization");
      OnnxModel.Node first = norm == null ? null : layers.user(norm.output(), "Conv");
      if (first == null) {
        return stage > 0 && end(at, norm, layers.named().get("layer" + stage + ".0.conv2.weight"));
      }
      boolean begins = layers.user(at, "Conv") != null || strided(layers.user(at, "MaxPool"));
      stage += begins ? 1 : 0;
      block = begins ? 0 : block + 1;
      at = block(at, norm, first, "layer" + stage + "." + block + ".");
    }
    return false;
  }

  /** The block's output, null if it is none. */
  private String block(String input, OnnxModel.Node norm, OnnxModel.Node first, String name) {
    layers.norm(norm, name + "bn1");
    OnnxModel.Node slopes =
        layers.user(layers.convolution(first, name + "conv1", name + "bn2"), "PRelu");
    OnnxModel.Node second = layers.user(layers.prelu(slopes, name + "prelu"), "Conv");
    String main = layers.convolution(second, name + "conv2", name + "bn3");
    String beside = skip(input, name + "downsample.", name + "conv2.weight");
    OnnxModel.Node sum = layers.user(main, "Add");
    return sum != null && beside != null && sum.inputs().contains(beside) ? sum.output() : null;
  }

  /**
   * What flows beside a block: its input, also through a pool of single pixels, a projection of it,
   * or every second pixel of it, which is a projection that gives what it gets.
   */
  private String skip(String input, String name, String filters) {
    OnnxModel.Node projection = layers.user(input, "Conv");
    if (projection != null) {
      return layers.convolution(projection, name + "0", name + "1");
    }
    OnnxModel.Node pool = layers.user(input, "MaxPool");
    if (pool == null) {
      return input;
    }
    if (!strided(pool)) {
      return pool.output();
    }
    HostTensor second = layers.named().get(filters);
    if (second == null || !List.of(1L, 1L).equals(pool.integers().get("kernel_shape"))) {
      return null;
    }
    int width = (int) second.shape()[0];
    float[] identity = new float[width * width];
    for (int i = 0; i < width; i++) {
      identity[i * (width + 1)] = 1;
    }
    layers.named().put(name + "0.weight", HostTensor.of(identity, width, width, 1, 1));
    layers.neutral(name + "1", new float[width]);
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
      layers.neutral("bn2", new float[(int) filters.shape()[0]]);
    } else if (layers.norm(norm, "bn2")) {
      at = norm.output();
    } else {
      return false;
    }
    OnnxModel.Node dense = layers.productBehind(at);
    HostTensor weight = dense == null ? null : layers.weight(dense);
    HostTensor bias = dense == null ? null : layers.array(dense, 2);
    if (weight == null || bias == null) {
      return false;
    }
    layers.named().put("fc.weight", weight);
    layers.named().put("fc.bias", bias);
    OnnxModel.Node features = layers.user(dense.output(), "BatchNormalization");
    if (features != null) {
      return layers.norm(features, "features");
    }
    layers.neutral("features", new float[bias.elements()]);
    return true;
  }
}
