package ffc.core.net;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ffc.core.net.Layers.Convolution;
import ffc.core.net.Layers.Dense;
import ffc.core.net.Layers.Norm;
import ffc.core.net.Layers.Prelu;
import ffc.loaders.data.ImageShape;
import java.util.ArrayList;
import java.util.List;

/**
 * MobileFaceNet (Chen et al. 2018): inverted residual blocks of depth-wise convolutions with PReLU,
 * a global depth-wise convolution and a linear embedding. The widths are the paper's.
 */
public final class MobileFaceNet implements Backbone {
  // in, out channels, groups (expansion), blocks, stride of the first: table 1 of the paper
  private static final int[][] BOTTLENECKS = {
    {64, 64, 128, 5, 2},
    {64, 128, 256, 1, 2},
    {128, 128, 256, 6, 1},
    {128, 128, 512, 1, 2},
    {128, 128, 256, 2, 1},
  };
  private static final int LAST = 512;

  private final Parameters parameters;
  private final List<Unit> units = new ArrayList<>();
  private final Dense dense;
  private final Norm features;
  private long activations;

  /**
   * @param parameters empty; receives the arrays
   * @param input shape of the images, at least 16x16; four stages halve it, rounding up
   * @param embedding size of the features
   */
  public MobileFaceNet(Parameters parameters, ImageShape input, int embedding) {
    if (input.height() < 16 || input.width() < 16) {
      throw new IllegalArgumentException(
          "mobilefacenet needs images of at least 16x16, got "
              + input.height()
              + "x"
              + input.width());
    }
    this.parameters = parameters;
    int[] size = {input.height(), input.width()};
    unit("conv1", input.channels(), 64, 3, 2, 1, 1, true, size);
    unit("conv2_dw", 64, 64, 3, 1, 1, 64, true, size);
    for (int g = 0; g < BOTTLENECKS.length; g++) {
      int[] b = BOTTLENECKS[g];
      for (int i = 0; i < b[3]; i++) {
        int in = i == 0 ? b[0] : b[1];
        int stride = i == 0 ? b[4] : 1;
        bottleneck("block" + (g + 1) + "." + i, in, b[1], b[2], stride, size);
      }
    }
    unit("conv_sep", 128, LAST, 1, 1, 0, 1, true, size);
    globalDepthwise(size);
    dense = Dense.of(parameters, "fc", LAST, embedding);
    features = Norm.of(parameters, "features", embedding);
    activations += LAST + 2L * embedding;
  }

  private void unit(
      String name,
      int in,
      int out,
      int kernel,
      int stride,
      int pad,
      int groups,
      boolean activate,
      int[] size) {
    units.add(piece(name, in, out, kernel, stride, pad, groups, activate, size));
  }

  private Unit piece(
      String name,
      int in,
      int out,
      int kernel,
      int stride,
      int pad,
      int groups,
      boolean activate,
      int[] size) {
    Convolution conv =
        Convolution.of(parameters, name + ".conv", in, out, kernel, stride, pad, groups);
    Norm norm = Norm.of(parameters, name + ".bn", out);
    Prelu prelu = activate ? Prelu.of(parameters, name + ".prelu", out) : null;
    size[0] = (size[0] + 2 * pad - kernel) / stride + 1;
    size[1] = (size[1] + 2 * pad - kernel) / stride + 1;
    activations += (activate ? 3L : 2L) * out * size[0] * size[1];
    return (x, batch) -> {
      NDArray y = norm.forward(conv.forward(x), batch);
      return prelu == null ? y : prelu.forward(y);
    };
  }

  private void bottleneck(String name, int in, int out, int expanded, int stride, int[] size) {
    Unit expand = piece(name + ".expand", in, expanded, 1, 1, 0, 1, true, size);
    Unit depthwise = piece(name + ".dw", expanded, expanded, 3, stride, 1, expanded, true, size);
    Unit project = piece(name + ".project", expanded, out, 1, 1, 0, 1, false, size);
    boolean residual = stride == 1 && in == out;
    units.add(
        (x, batch) -> {
          NDArray y = project.apply(depthwise.apply(expand.apply(x, batch), batch), batch);
          return residual ? y.addi(x) : y;
        });
  }

  private void globalDepthwise(int[] size) {
    // One filter of the size of the image per channel: a weighted sum over the positions. As a
    // product and a sum it needs no square kernel.
    NDArray weight =
        parameters.uniform(
            "conv_dw.weight",
            new Shape(1, LAST, size[0], size[1]),
            1 / Math.sqrt((double) size[0] * size[1]));
    Norm norm = Norm.of(parameters, "conv_dw.bn", LAST);
    activations += (long) LAST * size[0] * size[1];
    units.add(
        (x, batch) -> norm.forward(x.mul(parameters.compute(weight)).sum(new int[] {2, 3}), batch));
  }

  @Override
  public NDArray forward(NDArray images, boolean batchStatistics, boolean dropout) {
    NDArray x = parameters.compute(images);
    for (Unit unit : units) {
      NDArray in = x;
      x = Layers.scoped(() -> unit.apply(in, batchStatistics));
      if (in != images) {
        in.close();
      }
    }
    NDArray last = x;
    NDArray out = Layers.scoped(() -> features.forward(dense.forward(last), batchStatistics));
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

  private interface Unit {
    NDArray apply(NDArray x, boolean batchStatistics);
  }
}
