package ffc.core.net;

import java.util.List;

/**
 * Improved residual network of the ArcFace line of work (Deng et al. 2019; Duta et al. 2020), with
 * the block structure and the parameter names of InsightFace's {@code backbones/iresnet.py}: a 3x3
 * stem of stride 1, then stages whose first block halves the image, rounding up, then batch norm,
 * dropout, a dense layer and a last batch norm without a trained weight.
 *
 * @param layers blocks of each stage
 * @param widths channels of each stage
 * @param embedding size of the features
 * @param dropout probability of dropping a value before the dense layer, in [0, 1)
 */
public record IResNet(List<Integer> layers, List<Integer> widths, int embedding, double dropout)
    implements Architecture {
  public IResNet {
    if (layers.size() != widths.size()) {
      throw new IllegalArgumentException(
          "model.layers has "
              + layers.size()
              + " stages, model.widths has "
              + widths.size()
              + ": give one width per stage");
    }
  }

  static IResNet of(ModelConfig model) {
    return new IResNet(model.layers(), model.widths(), model.embedding(), model.dropout());
  }

  @Override
  public <T> T features(Operators<T> net, T images) {
    int stem = widths.get(0);
    T x =
        net.block(
            images,
            in ->
                net.prelu(
                    net.norm(net.convolution(in, "conv1", stem, 3, 1, 1, 1), "bn1"), "prelu"));
    int channels = stem;
    for (int stage = 0; stage < layers.size(); stage++) {
      int out = widths.get(stage);
      for (int i = 0; i < layers.get(stage); i++) {
        String name = "layer" + (stage + 1) + "." + i;
        int stride = i == 0 ? 2 : 1;
        boolean changes = stride != 1 || channels != out;
        x = net.block(x, in -> residual(net, in, name, out, stride, changes));
        channels = out;
      }
    }
    return net.block(
        x,
        in ->
            net.normOfFixedWeight(
                net.dense(net.dropout(net.norm(in, "bn2"), dropout), "fc", embedding), "features"));
  }

  @Override
  public String part(String name) {
    return Architecture.isOf(name, "conv1", "bn1", "prelu")
        ? STEM
        : name.startsWith("layer") ? name.substring(0, name.indexOf('.')) : EMBEDDING;
  }

  /** BN, 3x3, BN, PReLU, 3x3 with stride, BN, plus the input, projected where the shape changes. */
  private static <T> T residual(
      Operators<T> net, T x, String name, int out, int stride, boolean changes) {
    T y = net.convolution(net.norm(x, name + ".bn1"), name + ".conv1", out, 3, 1, 1, 1);
    y = net.prelu(net.norm(y, name + ".bn2"), name + ".prelu");
    y = net.norm(net.convolution(y, name + ".conv2", out, 3, stride, 1, 1), name + ".bn3");
    T shortcut =
        changes
            ? net.norm(
                net.convolution(x, name + ".downsample.0", out, 1, stride, 0, 1),
                name + ".downsample.1")
            : x;
    return net.add(y, shortcut);
  }
}
