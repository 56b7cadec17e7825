package ffc.core.export;

import ffc.core.net.Architecture;
import ffc.core.net.Operators;
import ffc.engine.TorchScriptArchive;
import ffc.formats.ElementType;
import ffc.formats.HostTensor;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * A backbone as a TorchScript program that PyTorch and DJL load without this project: {@code
 * forward(images f32 [B, channels, height, width] in [-1, 1])} gives unit embeddings f32 [B, E],
 * batch norm by running statistics. Attributes are the arrays' names with {@code _} for dots.
 */
public final class BackboneScript implements Operators<String> {
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
   * @param network its structure
   * @param weights its arrays by name, f32
   * @param out receives the file; not closed
   * @throws IllegalArgumentException if an array is missing or not f32
   */
  public static void write(Architecture network, Map<String, HostTensor> weights, OutputStream out)
      throws IOException {
    BackboneScript script = new BackboneScript(weights);
    String embedding = network.features(script, "x");
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

  @Override
  public String convolution(
      String x, String name, int out, int kernel, int stride, int pad, int groups) {
    if (kernel == 1) {
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

  @Override
  public String norm(String x, String name, double epsilon) {
    return line(
        "torch.batch_norm(%s, self.%s, self.%s, self.%s, self.%s, False, 0.10000000000000001,"
            + " %.16e, False)",
        x,
        attribute(name + ".weight"),
        attribute(name + ".bias"),
        attribute(name + ".running_mean"),
        attribute(name + ".running_var"),
        epsilon);
  }

  @Override
  public String normOfFixedWeight(String x, String name) {
    return norm(x, name);
  }

  @Override
  public String prelu(String x, String name) {
    return line("torch.prelu(%s, self.%s)", x, attribute(name + ".weight"));
  }

  @Override
  public String dropout(String x, double probability) {
    return x;
  }

  @Override
  public String weightedSum(String x, String name) {
    return line("torch.sum(torch.mul(%s, self.%s), [2, 3])", x, attribute(name + ".weight"));
  }

  @Override
  public String add(String x, String y) {
    return line("torch.add(%s, %s)", x, y);
  }

  @Override
  public String block(String x, UnaryOperator<String> piece) {
    return piece.apply(x);
  }

  @Override
  public String dense(String x, String name, int out) {
    return line(
        "torch.linear(torch.flatten(%s, 1), self.%s, self.%s)",
        x, attribute(name + ".weight"), attribute(name + ".bias"));
  }

  @Override
  public String denseWithoutBias(String x, String name, int out) {
    return line("torch.linear(torch.flatten(%s, 1), self.%s)", x, attribute(name + ".weight"));
  }

  @Override
  public String patches(String x, String name, int out, int size) {
    return line(
        "torch.transpose(torch.flatten(torch.conv2d(%1$s, self.%2$s, self.%3$s, [%4$d, %4$d]),"
            + " 2), 1, 2)",
        x, attribute(name + ".weight"), attribute(name + ".bias"), size);
  }

  @Override
  public String positions(String x, String name) {
    return line("torch.add(%s, self.%s)", x, attribute(name));
  }

  @Override
  public String layerNorm(String x, String name) {
    return line(
        "torch.layer_norm(%1$s, torch.size(self.%2$s), self.%2$s, self.%3$s)",
        x, attribute(name + ".weight"), attribute(name + ".bias"));
  }

  @Override
  public String linear(String x, String name, int out, boolean bias) {
    String weight = attribute(name + ".weight");
    return bias
        ? line("torch.linear(%s, self.%s, self.%s)", x, weight, attribute(name + ".bias"))
        : line("torch.linear(%s, self.%s)", x, weight);
  }

  @Override
  public String attention(String qkv, int heads) {
    String parts =
        line(
            "torch.permute(torch.reshape(%1$s, [torch.size(%1$s, 0), torch.size(%1$s, 1), 3, %2$d,"
                + " -1]), [2, 0, 3, 1, 4])",
            qkv, heads);
    String out =
        line(
            "torch.scaled_dot_product_attention(torch.select(%1$s, 0, 0), torch.select(%1$s, 0, 1),"
                + " torch.select(%1$s, 0, 2))",
            parts);
    return line("torch.flatten(torch.transpose(%s, 1, 2), 2)", out);
  }

  @Override
  public String relu6(String x) {
    return line("torch.hardtanh(%s, 0., 6.)", x);
  }

  @Override
  public String branch(String x, double probability) {
    return x;
  }

  @Override
  public String hidden(String x, double share) {
    return x;
  }

  @Override
  public String restored(String x, String name, double share) {
    return x;
  }

  private String line(String expression, Object... arguments) {
    String value = "v" + values++;
    body.append("    ")
        .append(value)
        .append(" = ")
        .append(String.format(Locale.ROOT, expression, arguments))
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
