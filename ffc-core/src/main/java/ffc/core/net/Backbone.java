package ffc.core.net;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.norm.Dropout;
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
   *     running ones (B must be at least 2); false: it uses the running ones
   * @param dropout whether values are dropped, where the network has dropout
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

    Pass(NDArray images, boolean batchStatistics, boolean drop) {
      this.images = images;
      this.batchStatistics = batchStatistics;
      this.drop = drop;
    }

    private NDArray layer(NDArray x, String name) {
      return layers.get(name).forward(x, batchStatistics);
    }

    @Override
    public NDArray convolution(
        NDArray x, String name, int out, int kernel, int stride, int pad, int groups) {
      return layer(x == images ? parameters.compute(x) : x, name);
    }

    @Override
    public NDArray norm(NDArray x, String name) {
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
