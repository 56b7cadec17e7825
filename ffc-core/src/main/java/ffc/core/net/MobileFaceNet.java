package ffc.core.net;

import ffc.loaders.data.ImageShape;
import java.util.List;

/**
 * MobileFaceNet (Chen et al. 2018): inverted residual blocks of depth-wise convolutions with PReLU,
 * a global depth-wise convolution and a linear embedding. The widths are the paper's; four stages
 * halve the image, rounding up.
 */
public final class MobileFaceNet implements Architecture {
  // in, out channels, groups (expansion), blocks, stride of the first: table 1 of the paper
  private static final int[][] BOTTLENECKS = {
    {64, 64, 128, 5, 2},
    {64, 128, 256, 1, 2},
    {128, 128, 256, 6, 1},
    {128, 128, 512, 1, 2},
    {128, 128, 256, 2, 1},
  };
  private static final int LAST = 512;

  private final int embedding;

  /**
   * @param input shape of the images, at least 16x16
   * @param embedding size of the features
   */
  public MobileFaceNet(ImageShape input, int embedding) {
    if (input.height() < 16 || input.width() < 16) {
      throw new IllegalArgumentException(
          "mobilefacenet needs images of at least 16x16, got "
              + input.height()
              + "x"
              + input.width());
    }
    this.embedding = embedding;
  }

  static MobileFaceNet of(ModelConfig model) {
    return new MobileFaceNet(model.shape(), model.embedding());
  }

  @Override
  public <T> T features(Operators<T> net, T images) {
    T x = net.block(images, in -> unit(net, in, "conv1", 64, 3, 2, 1, 1));
    x = net.block(x, in -> unit(net, in, "conv2_dw", 64, 3, 1, 1, 64));
    for (int g = 0; g < BOTTLENECKS.length; g++) {
      int[] b = BOTTLENECKS[g];
      for (int i = 0; i < b[3]; i++) {
        String name = "block" + (g + 1) + "." + i;
        int stride = i == 0 ? b[4] : 1;
        boolean residual = stride == 1 && (i > 0 || b[0] == b[1]);
        x = net.block(x, in -> bottleneck(net, in, name, b[2], b[1], stride, residual));
      }
    }
    x = net.block(x, in -> unit(net, in, "conv_sep", LAST, 1, 1, 0, 1));
    x = net.block(x, in -> net.norm(net.weightedSum(in, "conv_dw"), "conv_dw.bn"));
    return net.block(x, in -> net.norm(net.dense(in, "fc", embedding), "features"));
  }

  @Override
  public String part(String name) {
    return Architecture.isOf(name, "conv1", "conv2_dw")
        ? STEM
        : name.startsWith("block") ? name.substring(0, name.indexOf('.')) : EMBEDDING;
  }

  private static <T> T bottleneck(
      Operators<T> net, T x, String name, int expanded, int out, int stride, boolean residual) {
    T y = unit(net, x, name + ".expand", expanded, 1, 1, 0, 1);
    y = unit(net, y, name + ".dw", expanded, 3, stride, 1, expanded);
    y = linear(net, y, name + ".project", out, 1, 1, 0, 1);
    return residual ? net.add(y, x) : y;
  }

  private static <T> T unit(
      Operators<T> net, T x, String name, int out, int kernel, int stride, int pad, int groups) {
    return net.prelu(linear(net, x, name, out, kernel, stride, pad, groups), name + ".prelu");
  }

  private static <T> T linear(
      Operators<T> net, T x, String name, int out, int kernel, int stride, int pad, int groups) {
    return net.norm(
        net.convolution(x, name + ".conv", out, kernel, stride, pad, groups), name + ".bn");
  }

  /**
   * The MobileFaceNets that InsightFace calls {@code mbf} and {@code mbf_large}, with the structure
   * and the parameter names of its {@code backbones/mobilefacenet.py}: stages twice or four times
   * as wide as the paper's between inner widths that stay, a second layer of 64 groups, and no bias
   * before the last batch norm.
   *
   * @param input shape of the images: squares of 16 or more
   * @param blocks residual blocks of each stage; one in the first stands for a plain convolution
   * @param scale channels of the first stages over 64
   * @param embedding size of the features
   */
  record Insight(ImageShape input, List<Integer> blocks, int scale, int embedding)
      implements Architecture {
    private static final int LAST = 512;

    /** What four layers that halve the image, rounding up, divide its sides by. */
    private static final int HALVINGS = 16;

    Insight {
      if (input.height() != input.width() || input.height() < HALVINGS) {
        throw new IllegalArgumentException(
            "mbf and mbf_large need square images of at least 16x16, got "
                + input.height()
                + "x"
                + input.width());
      }
    }

    static Insight plain(ModelConfig model) {
      return new Insight(model.shape(), List.of(1, 4, 6, 2), 2, model.embedding());
    }

    static Insight large(ModelConfig model) {
      return new Insight(model.shape(), List.of(2, 8, 12, 4), 4, model.embedding());
    }

    @Override
    public <T> T features(Operators<T> net, T images) {
      int narrow = 64 * scale;
      int wide = 128 * scale;
      T x = net.block(images, in -> unit(net, in, "layers.0", narrow, 3, 2, 1, 1));
      x =
          blocks.get(0) == 1
              ? net.block(x, in -> unit(net, in, "layers.1", narrow, 3, 1, 1, 64))
              : chain(net, x, 1, blocks.get(0), narrow, 128);
      x = net.block(x, in -> bottleneck(net, in, "layers.2", 128, narrow, 2));
      x = chain(net, x, 3, blocks.get(1), narrow, 128);
      x = net.block(x, in -> bottleneck(net, in, "layers.4", 256, wide, 2));
      x = chain(net, x, 5, blocks.get(2), wide, 256);
      x = net.block(x, in -> bottleneck(net, in, "layers.6", 512, wide, 2));
      x = chain(net, x, 7, blocks.get(3), wide, 256);
      x = net.block(x, in -> unit(net, in, "conv_sep", LAST, 1, 1, 0, 1));
      int side = (input.height() + HALVINGS - 1) / HALVINGS;
      x = net.block(x, in -> linear(net, in, "features.layers.0", LAST, side, 1, 0, LAST));
      return net.block(
          x,
          in ->
              net.norm(
                  net.denseWithoutBias(in, "features.layers.2", embedding), "features.layers.3"));
    }

    @Override
    public String part(String name) {
      return Architecture.isOf(name, "layers.0", "layers.1")
          ? STEM
          : name.startsWith("layers.") ? "layer" + name.split("\\.")[1] : EMBEDDING;
    }

    private static <T> T chain(
        Operators<T> net, T x, int layer, int blocks, int width, int expanded) {
      T y = x;
      for (int i = 0; i < blocks; i++) {
        String name = "layers." + layer + ".layers." + i;
        y = net.block(y, in -> net.add(bottleneck(net, in, name, expanded, width, 1), in));
      }
      return y;
    }

    private static <T> T bottleneck(
        Operators<T> net, T x, String name, int expanded, int out, int stride) {
      T y = unit(net, x, name + ".layers.0", expanded, 1, 1, 0, 1);
      y = unit(net, y, name + ".layers.1", expanded, 3, stride, 1, expanded);
      return linear(net, y, name + ".layers.2", out, 1, 1, 0, 1);
    }

    private static <T> T unit(
        Operators<T> net, T x, String name, int out, int kernel, int stride, int pad, int groups) {
      return net.prelu(linear(net, x, name, out, kernel, stride, pad, groups), name + ".layers.2");
    }

    private static <T> T linear(
        Operators<T> net, T x, String name, int out, int kernel, int stride, int pad, int groups) {
      return net.norm(
          net.convolution(x, name + ".layers.0", out, kernel, stride, pad, groups),
          name + ".layers.1");
    }
  }
}
