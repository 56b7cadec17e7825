package ffc.core.net;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.norm.Dropout;
import ffc.core.net.Layers.Convolution;
import ffc.core.net.Layers.Dense;
import ffc.core.net.Layers.Norm;
import ffc.core.net.Layers.Prelu;
import ffc.loaders.data.ImageShape;
import java.util.ArrayList;
import java.util.List;

/**
 * Improved residual network of the ArcFace line of work (Deng et al. 2019; Duta et al. 2020), with
 * the block structure and the parameter names of InsightFace's {@code backbones/iresnet.py}: a 3x3
 * stem of stride 1, then stages whose first block halves the image, then batch norm, dropout, a
 * dense layer and a last batch norm without a trained weight.
 */
public final class IResNet implements Backbone {
  // B images, c channels, h height, w width, E embedding

  private final Parameters parameters;
  private final Convolution stem;
  private final Norm stemNorm;
  private final Prelu stemPrelu;
  private final List<Block> blocks = new ArrayList<>();
  private final Norm outNorm;
  private final Dense dense;
  private final Norm features;
  private final float dropout;
  private final long activations;

  /**
   * @param parameters empty; receives the arrays
   * @param input shape of the images; each stage halves height and width, rounding up
   * @param layers blocks of each stage
   * @param widths channels of each stage
   * @param embedding size of the features
   * @param dropout probability of dropping a value before the dense layer, in [0, 1)
   */
  public IResNet(
      Parameters parameters,
      ImageShape input,
      List<Integer> layers,
      List<Integer> widths,
      int embedding,
      double dropout) {
    if (layers.size() != widths.size()) {
      throw new IllegalArgumentException(
          "model.layers has "
              + layers.size()
              + " stages, model.widths has "
              + widths.size()
              + ": give one width per stage");
    }
    this.parameters = parameters;
    this.dropout = (float) dropout;
    int channels = widths.get(0);
    stem = Convolution.of(parameters, "conv1", input.channels(), channels, 3, 1);
    stemNorm = Norm.of(parameters, "bn1", channels);
    stemPrelu = Prelu.of(parameters, "prelu", channels);
    int height = input.height();
    int width = input.width();
    long saved = 3L * channels * height * width;
    for (int stage = 0; stage < layers.size(); stage++) {
      int out = widths.get(stage);
      for (int i = 0; i < layers.get(stage); i++) {
        String name = "layer" + (stage + 1) + "." + i;
        boolean first = i == 0;
        blocks.add(new Block(parameters, name, channels, out, first ? 2 : 1));
        saved += (long) (channels + 3 * out) * height * width;
        if (first) {
          height = (height + 1) / 2;
          width = (width + 1) / 2;
          saved += 2L * out * height * width;
        }
        saved += 2L * out * height * width;
        channels = out;
      }
    }
    outNorm = Norm.of(parameters, "bn2", channels);
    dense =
        Dense.of(parameters, "fc", Math.toIntExact((long) channels * height * width), embedding);
    features = Norm.withFixedWeight(parameters, "features", embedding);
    activations = saved + (long) channels * height * width + 2L * embedding;
  }

  @Override
  public NDArray forward(NDArray images, boolean batchStatistics, boolean drop) {
    NDArray x =
        Layers.scoped(
            () ->
                stemPrelu.forward(
                    stemNorm.forward(stem.forward(parameters.compute(images)), batchStatistics)));
    for (Block block : blocks) {
      NDArray in = x;
      x = Layers.scoped(() -> block.forward(in, batchStatistics));
      in.close();
    }
    NDArray last = x;
    NDArray out =
        Layers.scoped(
            () -> {
              NDArray y = outNorm.forward(last, batchStatistics);
              if (dropout > 0 && drop) {
                y = Dropout.dropout(y, dropout, true).head();
              }
              return features.forward(dense.forward(y), batchStatistics);
            });
    last.close();
    return out;
  }

  @Override
  public Parameters parameters() {
    return parameters;
  }

  @Override
  public long activationsPerImage() {
    return activations;
  }

  /** BN, 3x3, BN, PReLU, 3x3 with stride, BN, plus the input, projected where the shape changes. */
  private static final class Block {
    private final Norm norm1;
    private final Convolution conv1;
    private final Norm norm2;
    private final Prelu prelu;
    private final Convolution conv2;
    private final Norm norm3;
    private final Convolution project;
    private final Norm projectNorm;

    Block(Parameters p, String name, int in, int out, int stride) {
      norm1 = Norm.of(p, name + ".bn1", in);
      conv1 = Convolution.of(p, name + ".conv1", in, out, 3, 1);
      norm2 = Norm.of(p, name + ".bn2", out);
      prelu = Prelu.of(p, name + ".prelu", out);
      conv2 = Convolution.of(p, name + ".conv2", out, out, 3, stride);
      norm3 = Norm.of(p, name + ".bn3", out);
      boolean changes = stride != 1 || in != out;
      project = changes ? Convolution.of(p, name + ".downsample.0", in, out, 1, stride) : null;
      projectNorm = changes ? Norm.of(p, name + ".downsample.1", out) : null;
    }

    NDArray forward(NDArray x, boolean batchStatistics) {
      NDArray y = conv1.forward(norm1.forward(x, batchStatistics));
      y = conv2.forward(prelu.forward(norm2.forward(y, batchStatistics)));
      y = norm3.forward(y, batchStatistics);
      NDArray shortcut =
          project == null ? x : projectNorm.forward(project.forward(x), batchStatistics);
      return y.addi(shortcut);
    }
  }
}
