package ffc.formats;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The arrays of a MobileFaceNet as InsightFace builds it ({@code mbf}, {@code mbf_large}) under the
 * names that it has there, found by following what flows from layer to layer: a first convolution,
 * a second one or a chain, three times a bottleneck that halves the image and a chain of those that
 * do not, and the layers that make the embedding.
 */
final class MobileNames {
  /** Layers of a network: chains have odd numbers, what halves the image even ones. */
  private static final int LAST_CHAIN = 7;

  private final OnnxLayers layers;

  private MobileNames(OnnxModel model) {
    layers = new OnnxLayers(model);
  }

  /** Its arrays by InsightFace's names; empty if it is another network. */
  static Optional<Map<String, HostTensor>> of(OnnxModel model) {
    MobileNames names = new MobileNames(model);
    return names.found() ? Optional.of(names.layers.named()) : Optional.empty();
  }

  private boolean found() {
    String at = unit(layers.stem(), "layers.0");
    if (isFilter(layers.user(at, "Conv"), 3)) {
      at = unit(layers.user(at, "Conv"), "layers.1");
    }
    int layer = 1;
    int block = 0;
    while (at != null && layer <= LAST_CHAIN) {
      OnnxModel.Node expand = layers.user(at, "Conv");
      OnnxModel.Node depthWise = behind(expand);
      if (!isFilter(expand, 1) || depthWise == null) {
        return false;
      }
      if (layers.user(normed(depthWise), "PRelu") == null) {
        return layer == LAST_CHAIN && end(unit(expand, "conv_sep"));
      }
      boolean halves = !List.of(1L, 1L).equals(depthWise.integers().get("strides"));
      if (halves) {
        layer += layer % 2 == 0 ? 2 : 1;
      } else if (layer % 2 == 0) {
        layer++;
        block = 0;
      }
      String name = "layers." + layer + (halves ? "" : ".layers." + block++);
      String end = bottleneck(expand, name + ".layers.");
      at = halves ? end : sum(end, at);
    }
    return false;
  }

  /** What comes out of three convolutions, null if they are none. */
  private String bottleneck(OnnxModel.Node expand, String name) {
    String at = unit(expand, name + "0");
    at = unit(layers.user(at, "Conv"), name + "1");
    return linear(layers.user(at, "Conv"), name + "2");
  }

  private String sum(String end, String beside) {
    OnnxModel.Node sum = layers.user(end, "Add");
    return sum != null && sum.inputs().contains(beside) ? sum.output() : null;
  }

  /** The convolution that follows another, a batch norm and a PReLU. */
  private OnnxModel.Node behind(OnnxModel.Node convolution) {
    if (convolution == null) {
      return null;
    }
    OnnxModel.Node slopes = layers.user(normed(convolution), "PRelu");
    return slopes == null ? null : layers.user(slopes.output(), "Conv");
  }

  /** What comes out of a convolution and the batch norm behind it, if there is one. */
  private String normed(OnnxModel.Node convolution) {
    OnnxModel.Node norm = layers.user(convolution.output(), "BatchNormalization");
    return norm == null ? convolution.output() : norm.output();
  }

  private String unit(OnnxModel.Node convolution, String name) {
    return layers.prelu(layers.user(linear(convolution, name), "PRelu"), name + ".layers.2");
  }

  private String linear(OnnxModel.Node convolution, String name) {
    return layers.convolution(convolution, name + ".layers.0", name + ".layers.1");
  }

  private boolean isFilter(OnnxModel.Node convolution, long side) {
    HostTensor filters = convolution == null ? null : layers.array(convolution, 1);
    return filters != null && filters.shape().length == 4 && filters.shape()[2] == side;
  }

  /** A filter of the whole image per channel, a product without a bias, a batch norm. */
  private boolean end(String separated) {
    String at = linear(layers.user(separated, "Conv"), "features.layers.0");
    OnnxModel.Node product = layers.productBehind(at);
    return layers.product(product, "features.layers.2", "features.layers.3") != null;
  }
}
