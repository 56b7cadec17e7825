package ffc.core.net;

import ffc.loaders.data.ImageShape;

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
}
