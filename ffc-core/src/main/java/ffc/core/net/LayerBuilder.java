package ffc.core.net;

import ai.djl.ndarray.types.Shape;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Makes the layers of a network, with the sizes that follow from the image's. */
final class LayerBuilder implements Operators<LayerBuilder.Size> {
  /**
   * Channels, height and width of one image's values; a flat value is all channels, tokens are D
   * channels, N high.
   */
  record Size(int channels, int height, int width) {
    long values() {
      return (long) channels * height * width;
    }
  }

  private final Parameters parameters;
  private final Map<String, Layers.Layer> layers = new HashMap<>();
  private long activations;
  private long blockInputs;
  private long largestBlock;
  private boolean tokens;

  /** Whether a layer so far is trained: before it, nothing is kept for the backward pass. */
  private boolean trains;

  LayerBuilder(Parameters parameters) {
    this.parameters = parameters;
  }

  /** By name. */
  Map<String, Layers.Layer> layers() {
    return layers;
  }

  /** Values that the outputs of all layers hold for one image, from the first trained one on. */
  long activations() {
    return activations;
  }

  /** Values that go into all blocks of one image, from the first trained one on. */
  long blockInputs() {
    return blockInputs;
  }

  /** The largest share of {@link #activations} that is of one block. */
  long largestBlock() {
    return largestBlock;
  }

  /** Whether tokens pass from block to block. */
  boolean tokens() {
    return tokens;
  }

  private Size layer(String name, Layers.Layer layer, Size out) {
    if (layers.put(name, layer) != null) {
      throw new IllegalArgumentException("two layers of the network are named " + name);
    }
    trains |= !parameters.isFrozen(name);
    keep(out.values());
    return out;
  }

  private void keep(long values) {
    activations += trains ? values : 0;
  }

  @Override
  public Size convolution(
      Size x, String name, int out, int kernel, int stride, int pad, int groups) {
    return layer(
        name,
        Layers.Convolution.of(parameters, name, x.channels(), out, kernel, stride, pad, groups),
        new Size(
            out,
            (x.height() + 2 * pad - kernel) / stride + 1,
            (x.width() + 2 * pad - kernel) / stride + 1));
  }

  @Override
  public Size norm(Size x, String name, double epsilon) {
    return layer(name, Layers.Norm.of(parameters, name, x.channels(), epsilon), x);
  }

  @Override
  public Size normOfFixedWeight(Size x, String name) {
    return layer(name, Layers.Norm.withFixedWeight(parameters, name, x.channels()), x);
  }

  @Override
  public Size prelu(Size x, String name) {
    return layer(name, Layers.Prelu.of(parameters, name, x.channels()), x);
  }

  @Override
  public Size dropout(Size x, double probability) {
    return x; // not counted: most recipes have none
  }

  @Override
  public Size dense(Size x, String name, int out) {
    int in = Math.toIntExact(x.values());
    return layer(name, Layers.Dense.of(parameters, name, in, out), new Size(out, 1, 1));
  }

  @Override
  public Size denseWithoutBias(Size x, String name, int out) {
    int in = Math.toIntExact(x.values());
    return layer(name, TokenLayers.Dense.of(parameters, name, in, out), new Size(out, 1, 1));
  }

  @Override
  public Size patches(Size x, String name, int out, int size) {
    tokens = true;
    return layer(
        name,
        TokenLayers.Patches.of(parameters, name, x.channels(), out, size),
        new Size(out, (x.height() / size) * (x.width() / size), 1));
  }

  @Override
  public Size positions(Size x, String name) {
    return layer(name, TokenLayers.Positions.of(parameters, name, x.height(), x.channels()), x);
  }

  @Override
  public Size layerNorm(Size x, String name) {
    return layer(name, TokenLayers.LayerNorm.of(parameters, name, x.channels()), x);
  }

  @Override
  public Size linear(Size x, String name, int out, boolean bias) {
    return layer(
        name,
        TokenLayers.Linear.of(parameters, name, x.channels(), out, bias),
        new Size(out, x.height(), 1));
  }

  @Override
  public Size attention(Size qkv, int heads) {
    // Queries, keys and values are views of what came in; the products are made anew.
    Size out = new Size(qkv.channels() / 3, qkv.height(), 1);
    keep(out.values());
    return out;
  }

  @Override
  public Size relu6(Size x) {
    keep(x.values());
    return x;
  }

  @Override
  public Size branch(Size x, double probability) {
    return x;
  }

  @Override
  public Size hidden(Size x, double share) {
    return x; // the few that are left out are counted too
  }

  @Override
  public Size restored(Size x, String name, double share) {
    return layer(name, TokenLayers.MaskToken.of(parameters, name, x.channels(), share), x);
  }

  @Override
  public Size weightedSum(Size x, String name) {
    Shape shape = new Shape(1, x.channels(), x.height(), x.width());
    Layers.Layer layer = Layers.WeightedSum.of(parameters, name, shape);
    Size sum = layer(name, layer, new Size(x.channels(), 1, 1));
    keep(x.values() - x.channels()); // what is kept is the product, not the sum
    return sum;
  }

  @Override
  public Size add(Size x, Size y) {
    return x;
  }

  @Override
  public Size block(Size x, UnaryOperator<Size> piece) {
    long before = activations;
    Size out = piece.apply(x);
    largestBlock = Math.max(largestBlock, activations - before);
    blockInputs += trains ? x.values() : 0;
    return out;
  }
}
