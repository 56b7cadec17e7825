package ffc.core.net;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.norm.Dropout;
import ffc.engine.NativeOps;
import ffc.loaders.data.ImageShape;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A network that maps images to features of a fixed size: an architecture with its arrays. */
public final class Backbone {
  // B images

  private final Architecture architecture;
  private final Parameters parameters;
  private final Map<String, Layers.Layer> layers;
  private final long activations;

  /**
   * Builds a network with fresh weights.
   *
   * @param input shape of the images
   * @param parameters empty; receives the arrays and stays the caller's
   * @throws ArithmeticException if an array would be longer than arrays can be
   */
  public Backbone(Architecture architecture, ImageShape input, Parameters parameters) {
    parameters.inParts(architecture::part);
    LayerBuilder builder = new LayerBuilder(parameters);
    architecture.features(
        builder, new LayerBuilder.Size(input.channels(), input.height(), input.width()));
    this.architecture = architecture;
    this.parameters = parameters;
    this.layers = builder.layers();
    this.activations = builder.activations();
  }

  /**
   * Runs the network.
   *
   * @param images f32 [B, channels, height, width] in [-1, 1]
   * @param batchStatistics true: batch norm uses the statistics of this batch and updates its
   *     running ones (B must be at least 2), but for frozen layers; false: it uses the running ones
   * @param dropout whether values, branches and tokens are dropped, where the network drops some
   * @return features f32 [B, embedding], not normalised; registered with the caller's scope
   */
  public NDArray forward(NDArray images, boolean batchStatistics, boolean dropout) {
    return architecture.features(new Pass(images, batchStatistics, dropout), images);
  }

  /** The arrays of the network. */
  public Parameters parameters() {
    return parameters;
  }

  /**
   * Values kept for the backward pass by one image: an estimate for memory planning, counted from
   * the outputs of every layer that PyTorch saves.
   */
  public long activationsPerImage() {
    return activations;
  }

  /** The layers on arrays; those of a block are freed at its end. */
  private final class Pass implements Operators<NDArray> {
    private final NDArray images;
    private final boolean batchStatistics;
    private final boolean drop;

    /** Of the pass under way: the places of its tokens, i64 [B, N]; the hidden ones come last. */
    private NDArray places;

    Pass(NDArray images, boolean batchStatistics, boolean drop) {
      this.images = images;
      this.batchStatistics = batchStatistics;
      this.drop = drop;
    }

    private NDArray layer(NDArray x, String name) {
      return layers.get(name).forward(x, batchStatistics && !parameters.isFrozen(name));
    }

    @Override
    public NDArray convolution(
        NDArray x, String name, int out, int kernel, int stride, int pad, int groups) {
      return layer(x == images ? parameters.compute(x) : x, name);
    }

    @Override
    public NDArray norm(NDArray x, String name, double epsilon) {
      return layer(x, name);
    }

    @Override
    public NDArray normOfFixedWeight(NDArray x, String name) {
      return layer(x, name);
    }

    @Override
    public NDArray prelu(NDArray x, String name) {
      return layer(x, name);
    }

    @Override
    public NDArray dropout(NDArray x, double probability) {
      return probability > 0 && drop ? Dropout.dropout(x, (float) probability, true).head() : x;
    }

    @Override
    public NDArray dense(NDArray x, String name, int out) {
      return layer(x, name);
    }

    @Override
    public NDArray denseWithoutBias(NDArray x, String name, int out) {
      return layer(x, name);
    }

    @Override
    public NDArray patches(NDArray x, String name, int out, int size) {
      return layer(x, name);
    }

    @Override
    public NDArray positions(NDArray x, String name) {
      return layer(x, name);
    }

    @Override
    public NDArray layerNorm(NDArray x, String name) {
      return layer(x, name);
    }

    @Override
    public NDArray linear(NDArray x, String name, int out, boolean bias) {
      return layer(x, name);
    }

    @Override
    public NDArray attention(NDArray qkv, int heads) {
      return TokenLayers.attention(qkv, heads);
    }

    @Override
    public NDArray relu6(NDArray x) {
      return NativeOps.relu6(x);
    }

    @Override
    public NDArray branch(NDArray x, double probability) {
      NDArray f32 = parameters.result(x);
      if (probability == 0 || !drop) {
        return f32;
      }
      NDArray ones = f32.getManager().ones(new Shape(f32.getShape().get(0), 1, 1));
      return f32.mul(Dropout.dropout(ones, (float) probability, true).head());
    }

    @Override
    public NDArray hidden(NDArray x, double share) {
      if (share == 0 || !drop) {
        return x;
      }
      Shape tokens = new Shape(x.getShape().get(0), x.getShape().get(1));
      places = x.getManager().randomUniform(0, 1, tokens).argSort(1);
      int kept = (int) (tokens.get(1) * (1 - share));
      return TokenLayers.pick(x, places.get(":, :" + kept));
    }

    @Override
    public NDArray restored(NDArray x, String name, double share) {
      return share == 0 || !drop
          ? x
          : ((TokenLayers.MaskToken) layers.get(name)).restore(x, places.argSort(1));
    }

    @Override
    public NDArray weightedSum(NDArray x, String name) {
      return layer(x, name);
    }

    @Override
    public NDArray add(NDArray x, NDArray y) {
      return x.addi(y);
    }

    @Override
    public NDArray block(NDArray x, UnaryOperator<NDArray> piece) {
      NDArray result = Layers.scoped(() -> piece.apply(x));
      if (x != images) {
        x.close();
      }
      return result;
    }
  }
}
