package ffc.core.net;

import ffc.loaders.data.ImageShape;

/**
 * Vision transformer for recognition, with the structure and the parameter names of InsightFace's
 * {@code backbones/vit.py}: tokens of all squares of the image, trained positions, blocks of
 * attention and a two-layer perceptron of four times the width with ReLU6, each behind a layer norm
 * and beside the input; then all tokens, side by side, through two dense layers with batch norm.
 * There is no class token.
 *
 * @param input shape of the images
 * @param patch height and width of a square
 * @param depth blocks
 * @param width D, values of a token
 * @param heads of the attention
 * @param embedding size of the features
 * @param dropPath probability of dropping a branch of the last block; it grows evenly from 0 in the
 *     first
 * @param maskRatio share of the tokens that training hides from the blocks
 */
public record VisionTransformer(
    ImageShape input,
    int patch,
    int depth,
    int width,
    int heads,
    int embedding,
    double dropPath,
    double maskRatio)
    implements Architecture {
  private static final int EXPANSION = 4;

  /** Of the head's batch norms, as InsightFace has it. */
  private static final double EPSILON = 2e-5;

  public VisionTransformer {
    if (width % heads != 0) {
      throw new IllegalArgumentException(
          "model.heads: got " + heads + ", wanted a number that divides model.widths, " + width);
    }
    if (input.height() < patch || input.width() < patch) {
      throw new IllegalArgumentException(
          "model.patch: got "
              + patch
              + ", wanted at most the side of the images, "
              + Math.min(input.height(), input.width()));
    }
  }

  static VisionTransformer of(ModelConfig model) {
    return new VisionTransformer(
        model.shape(),
        model.patch(),
        model.layers().get(0),
        model.widths().get(0),
        model.heads(),
        model.embedding(),
        model.dropPath(),
        model.maskRatio());
  }

  @Override
  public <T> T features(Operators<T> net, T images) {
    T x =
        net.block(
            images,
            in -> net.positions(net.patches(in, "patch_embed.proj", width, patch), "pos_embed"));
    x = net.hidden(x, maskRatio); // of no block: what it hides is asked for at the end
    for (int i = 0; i < depth; i++) {
      String name = "blocks." + i;
      double drop = depth == 1 ? 0 : dropPath * i / (depth - 1);
      x = net.block(x, in -> attend(net, in, name, drop));
      x = net.block(x, in -> perceive(net, in, name, drop));
    }
    x = net.block(x, in -> net.restored(net.layerNorm(in, "norm"), "mask_token", maskRatio));
    return net.block(
        x,
        in -> {
          T y = net.norm(net.denseWithoutBias(in, "feature.0", width), "feature.1", EPSILON);
          return net.norm(net.denseWithoutBias(y, "feature.2", embedding), "feature.3", EPSILON);
        });
  }

  @Override
  public String part(String name) {
    return Architecture.isOf(name, "patch_embed", "pos_embed")
        ? STEM
        : name.startsWith("blocks.") ? "block" + name.split("\\.")[1] : EMBEDDING;
  }

  private <T> T attend(Operators<T> net, T x, String name, double drop) {
    T qkv = net.linear(net.layerNorm(x, name + ".norm1"), name + ".attn.qkv", 3 * width, false);
    T y = net.linear(net.attention(qkv, heads), name + ".attn.proj", width, true);
    return net.add(net.branch(y, drop), x);
  }

  private <T> T perceive(Operators<T> net, T x, String name, double drop) {
    T y = net.linear(net.layerNorm(x, name + ".norm2"), name + ".mlp.fc1", EXPANSION * width, true);
    y = net.linear(net.relu6(y), name + ".mlp.fc2", width, true);
    return net.add(net.branch(y, drop), x);
  }
}
