package ffc.core.export;

import ffc.core.net.ModelConfig;
import ffc.engine.TorchScriptArchive;
import ffc.formats.ElementType;
import ffc.formats.HostTensor;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A backbone as a TorchScript program that PyTorch and DJL load without this project: {@code
 * forward(images f32 [B, channels, height, width] in [-1, 1])} gives unit embeddings f32 [B, E],
 * batch norm by running statistics. Attributes are the arrays' names with {@code _} for dots.
 */
public final class BackboneScript {
  private final Map<String, HostTensor> attributes = new LinkedHashMap<>();
  private final Map<String, HostTensor> weights;
  private final StringBuilder body = new StringBuilder();
  private int values;

  private BackboneScript(Map<String, HostTensor> weights) {
    this.weights = weights;
  }

  /**
   * Writes the program.
   *
   * @param model structure of the network
   * @param weights its arrays by name, f32
   * @param out receives the file; not closed
   * @throws IllegalArgumentException if an array is missing or not f32
   */
  public static void write(ModelConfig model, Map<String, HostTensor> weights, OutputStream out)
      throws IOException {
    BackboneScript script = new BackboneScript(weights);
    String embedding =
        model.backbone() == ModelConfig.Backbone.mobilefacenet
            ? script.mobileFaceNet()
            : script.iresnet(model);
    String norm =
        script.line(
            "torch.clamp_min(torch.sqrt(torch.sum(torch.mul(%1$s, %1$s), [1], True)), "
                + "9.9999999999999998e-13)",
            embedding);
    String unit = script.line("torch.div(%s, %s)", embedding, norm);
    StringBuilder source = new StringBuilder("class Module(Module):\n");
    source.append("  __parameters__ = []\n  __buffers__ = [");
    script.attributes.keySet().forEach(name -> source.append('"').append(name).append("\", "));
    source.append("]\n");
    script
        .attributes
        .keySet()
        .forEach(name -> source.append("  ").append(name).append(" : Tensor\n"));
    source.append(
        "  training : bool\n  def forward(self: __torch__.Module,\n    x: Tensor) -> Tensor:\n");
    source.append(script.body).append("    return ").append(unit).append('\n');
    TorchScriptArchive.write(out, source.toString(), script.attributes);
  }

  private String iresnet(ModelConfig model) {
    String x = prelu(norm(convolution("x", "conv1", 1, 1, 1), "bn1"), "prelu");
    for (int stage = 0; stage < model.layers().size(); stage++) {
      for (int block = 0; block < model.layers().get(stage); block++) {
        String name = "layer" + (stage + 1) + "." + block;
        int stride = block == 0 ? 2 : 1;
        String y = convolution(norm(x, name + ".bn1"), name + ".conv1", 1, 1, 1);
        y = prelu(norm(y, name + ".bn2"), name + ".prelu");
        y = norm(convolution(y, name + ".conv2", stride, 1, 1), name + ".bn3");
        String shortcut =
            weights.containsKey(name + ".downsample.0.weight")
                ? norm(convolution(x, name + ".downsample.0", stride, 0, 1), name + ".downsample.1")
                : x;
        x = line("torch.add(%s, %s)", y, shortcut);
      }
    }
    return norm(dense(norm(x, "bn2"), "fc"), "features");
  }

  private String mobileFaceNet() {
    String x = unit("x", "conv1", 2, 1, 1, true);
    x = unit(x, "conv2_dw", 1, 1, groups("conv2_dw"), true);
    for (int group = 1; weights.containsKey("block" + group + ".0.expand.conv.weight"); group++) {
      for (int i = 0; ; i++) {
        String name = "block" + group + "." + i;
        if (!weights.containsKey(name + ".expand.conv.weight")) {
          break;
        }
        boolean halves = i == 0 && (group == 1 || group == 2 || group == 4);
        String y = unit(x, name + ".expand", 1, 0, 1, true);
        y = unit(y, name + ".dw", halves ? 2 : 1, 1, groups(name + ".dw"), true);
        y = unit(y, name + ".project", 1, 0, 1, false);
        long in = weights.get(name + ".expand.conv.weight").shape()[1];
        long out = weights.get(name + ".project.conv.weight").shape()[0];
        x = !halves && in == out ? line("torch.add(%s, %s)", y, x) : y;
      }
    }
    x = unit(x, "conv_sep", 1, 0, 1, true);
    x = line("torch.sum(torch.mul(%s, self.%s), [2, 3])", x, attribute("conv_dw.weight"));
    return norm(dense(norm(x, "conv_dw.bn"), "fc"), "features");
  }

  private String unit(String x, String name, int stride, int pad, long groups, boolean activate) {
    String y = norm(convolution(x, name + ".conv", stride, pad, groups), name + ".bn");
    return activate ? prelu(y, name + ".prelu") : y;
  }

  /** Groups of a depth-wise convolution: its channels. */
  private long groups(String name) {
    attribute(name + ".conv.weight");
    return weights.get(name + ".conv.weight").shape()[0];
  }

  private String convolution(String x, String name, int stride, int pad, long groups) {
    long[] shape =
        weights.containsKey(name + ".weight") ? weights.get(name + ".weight").shape() : null;
    if (shape != null && shape[2] == 1 && shape[3] == 1) {
      // As in training (docs/decisions/044-pointwise-convolutions.md); axes become B, H, W, C.
      String pixels =
          line(
              "torch.slice(torch.slice(torch.permute(%s, [0, 2, 3, 1]), 1, None, None, %d), 2, None,"
                  + " None, %d)",
              x, stride, stride);
      return line(
          "torch.permute(torch.linear(%s, torch.flatten(self.%s, 1)), [0, 3, 1, 2])",
          pixels, attribute(name + ".weight"));
    }
    return line(
        "torch.conv2d(%s, self.%s, None, [%d, %d], [%d, %d], [1, 1], %d)",
        x, attribute(name + ".weight"), stride, stride, pad, pad, groups);
  }

  private String norm(String x, String name) {
    return line(
        "torch.batch_norm(%s, self.%s, self.%s, self.%s, self.%s, False, 0.10000000000000001,"
            + " 1.0000000000000001e-05, False)",
        x,
        attribute(name + ".weight"),
        attribute(name + ".bias"),
        attribute(name + ".running_mean"),
        attribute(name + ".running_var"));
  }

  private String prelu(String x, String name) {
    return line("torch.prelu(%s, self.%s)", x, attribute(name + ".weight"));
  }

  private String dense(String x, String name) {
    return line(
        "torch.linear(torch.flatten(%s, 1), self.%s, self.%s)",
        x, attribute(name + ".weight"), attribute(name + ".bias"));
  }

  private String line(String expression, Object... arguments) {
    String value = "v" + values++;
    body.append("    ")
        .append(value)
        .append(" = ")
        .append(String.format(expression, arguments))
        .append('\n');
    return value;
  }

  private String attribute(String name) {
    HostTensor array = weights.get(name);
    if (array == null || array.type() != ElementType.F32) {
      throw new IllegalArgumentException(
          "export: array " + name + ": got " + array + ", wanted one of F32");
    }
    String attribute = name.replace('.', '_');
    attributes.put(attribute, array);
    return attribute;
  }
}
