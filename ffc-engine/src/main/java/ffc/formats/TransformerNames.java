package ffc.formats;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The arrays of a vision transformer as InsightFace builds it under the names that it has there,
 * found by following what flows from layer to layer: squares and positions, blocks of attention and
 * of two products with a ReLU6 between them, and a head of two products with batch norms.
 *
 * <p>The token that stands for hidden ones acts in training alone, so that no model has it: it
 * comes back as zeros. How many heads there are is not looked at, as in files of other formats.
 */
final class TransformerNames {
  /** That the head's batch norms add to variances. */
  static final float EPSILON = 2e-5f;

  private static final int WIDEST = 1 << 14;

  private static final List<String> SHAPING =
      List.of("Reshape", "Flatten", "Transpose", "Identity");

  private final OnnxModel model;
  private final OnnxLayers layers;

  private TransformerNames(OnnxModel model) {
    this.model = model;
    layers = new OnnxLayers(model, EPSILON);
  }

  /** Its arrays by InsightFace's names; empty if it is another network. */
  static Optional<Map<String, HostTensor>> of(OnnxModel model) {
    TransformerNames names = new TransformerNames(model);
    return names.found() ? Optional.of(names.layers.named()) : Optional.empty();
  }

  private boolean found() {
    String at = positions(squares());
    int block = 0;
    while (at != null) {
      String name = "blocks." + block + ".";
      String normed = norm(at, name + "norm1");
      OnnxModel.Node product = normed == null ? null : layers.user(normed, "MatMul");
      if (product == null) {
        break;
      }
      at = perceive(attend(at, product, name), name);
      block++;
    }
    String beyond =
        "blocks." + block + "."; // of which the norm behind all blocks was taken for one
    layers.named().keySet().removeIf(name -> name.startsWith(beyond));
    OnnxModel.Node cast = layers.user(at, "Cast"); // of what is f32 already
    return at != null && block > 0 && head(norm(cast == null ? at : cast.output(), "norm"));
  }

  /** What comes out of the filters of squares, with their bias. */
  private String squares() {
    OnnxModel.Node filters = layers.stem();
    HostTensor weight = filters == null ? null : layers.array(filters, 1);
    if (weight == null || weight.shape().length != 4) {
      return null;
    }
    layers.named().put("patch_embed.proj.weight", weight);
    HostTensor bias = layers.array(filters, 2);
    if (bias == null) {
      return added(filters.output(), "patch_embed.proj.bias", 3);
    }
    layers.named().put("patch_embed.proj.bias", bias);
    return filters.output();
  }

  /** What comes out where positions are added to tokens, and behind it the token that hides. */
  private String positions(String squares) {
    String at = squares;
    for (int i = 0; at != null && i <= SHAPING.size(); i++) {
      String sum = added(at, "pos_embed", 3);
      if (sum != null) {
        long width = layers.named().get("pos_embed").shape()[2];
        if (width < 1 || width > WIDEST) {
          return null;
        }
        layers.named().put("mask_token", HostTensor.of(new float[(int) width], 1, 1, width));
        return sum;
      }
      List<OnnxModel.Node> next =
          layers.users(at).stream().filter(node -> SHAPING.contains(node.operator())).toList();
      at = next.size() == 1 ? next.get(0).output() : null;
    }
    return null;
  }

  /** What comes out of attention and the sum with what went in. */
  private String attend(String input, OnnxModel.Node qkv, String name) {
    if (linear(qkv, name + "attn.qkv", false) == null) {
      return null;
    }
    int from = model.nodes().indexOf(qkv) + 1;
    boolean shares = false;
    for (OnnxModel.Node node : model.nodes().subList(from, model.nodes().size())) {
      shares |= node.operator().equals("Softmax");
      if (node.operator().equals("MatMul") && layers.weight(node) != null) {
        return shares ? sum(linear(node, name + "attn.proj", true), input) : null;
      }
    }
    return null;
  }

  /** What comes out of a block's two products and the sum with what went in. */
  private String perceive(String input, String name) {
    String normed = norm(input, name + "norm2");
    String wide = linear(layers.user(normed, "MatMul"), name + "mlp.fc1", true);
    OnnxModel.Node clip = layers.user(wide, "Clip");
    return clip == null
        ? null
        : sum(linear(layers.user(clip.output(), "MatMul"), name + "mlp.fc2", true), input);
  }

  private String sum(String branch, String beside) {
    OnnxModel.Node sum = layers.user(branch, "Add");
    return sum != null && sum.inputs().contains(beside) ? sum.output() : null;
  }

  /** What comes out of a layer norm, which older operator sets spell out; null if it is none. */
  private String norm(String input, String name) {
    OnnxModel.Node whole = layers.user(input, "LayerNormalization");
    if (whole != null && layers.array(whole, 1) != null && layers.array(whole, 2) != null) {
      layers.named().put(name + ".weight", layers.array(whole, 1));
      layers.named().put(name + ".bias", layers.array(whole, 2));
      return whole.output();
    }
    OnnxModel.Node centred = layers.user(input, "Sub");
    OnnxModel.Node unit = centred == null ? null : layers.user(centred.output(), "Div");
    OnnxModel.Node scaled = unit == null ? null : layers.user(unit.output(), "Mul");
    HostTensor weight = scaled == null ? null : layers.array(scaled, 1);
    if (weight == null) {
      return null;
    }
    layers.named().put(name + ".weight", weight);
    return added(scaled.output(), name + ".bias", 1);
  }

  /** What comes out of a product with a matrix, and with a bias of the sum behind it. */
  private String linear(OnnxModel.Node product, String name, boolean biased) {
    HostTensor weight = product == null ? null : layers.weight(product);
    if (weight == null) {
      return null;
    }
    layers.named().put(name + ".weight", weight);
    return biased ? added(product.output(), name + ".bias", 1) : product.output();
  }

  /**
   * Names an array that is added, whichever side it stands on.
   *
   * @param axes that it has; three with two of length 1 behind them are those of channels
   * @return what comes out; null if there is no such sum
   */
  private String added(String input, String name, int axes) {
    OnnxModel.Node sum = layers.user(input, "Add");
    HostTensor array =
        sum == null
            ? null
            : layers.array(sum, 1) != null ? layers.array(sum, 1) : layers.array(sum, 0);
    if (array == null || array.shape().length != axes) {
      return null;
    }
    boolean channels = name.endsWith(".bias") && axes == 3;
    layers.named().put(name, channels ? OnnxWeights.flat(array) : array);
    return sum.output();
  }

  private boolean head(String tokens) {
    String at = tokens;
    for (int layer = 0; layer < 4; layer += 2) {
      OnnxModel.Node product = layers.productBehind(at);
      at = layers.product(product, "feature." + layer, "feature." + (layer + 1));
    }
    return at != null;
  }
}
