package ffc.core.net.layout;

import ffc.core.net.Encoder;
import ffc.core.net.ModelConfig;
import ffc.core.net.ModelConfigBuilder;
import ffc.formats.HostTensor;
import ffc.formats.IrNames;
import ffc.formats.OnnxWeights;
import ffc.formats.WeightFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Whose names the arrays of a file have, and the backbone that they are of, as far as names and
 * shapes tell.
 *
 * @param names whose they are, for people
 * @param prefix before each of them
 * @param model the section {@code model} that takes them, empty if none here does
 * @param remark what else is to be known, or empty
 */
public record WeightLayout(
    String names, String prefix, Optional<ModelConfig> model, String remark) {
  /** A kind of network: a name that only it has, and what the shapes say of it. */
  private record Kind(String names, String first, Guess guess) {}

  private interface Guess {
    /** The backbone and its stages; input and embedding size as far as they can be told. */
    ModelConfigBuilder of(Found arrays);
  }

  private static final List<Kind> KINDS =
      List.of(
          new Kind("InsightFace's iresnet", "layer1.0.bn1.weight", WeightLayout::residual),
          new Kind("InsightFace's mbf", "layers.2.layers.0.layers.0.weight", WeightLayout::mbf),
          new Kind("this project's mobilefacenet", "conv2_dw.conv.weight", WeightLayout::mobile),
          new Kind("InsightFace's vit", "blocks.0.attn.qkv.weight", WeightLayout::transformer));

  /** Looks at names and shapes; empty if they are nobody's that is known here. */
  public static Optional<WeightLayout> of(Map<String, HostTensor> arrays) {
    Map<String, HostTensor> known = IrNames.translated(arrays);
    for (Kind kind : KINDS) {
      Optional<String> prefix = prefix(known, kind.first());
      if (prefix.isPresent()) {
        boolean ir = IrNames.in(arrays);
        return Optional.of(
            fitting(
                ir ? "the IR networks of AdaFace and CVLface" : kind.names(),
                new Found(known, prefix.get()),
                kind.guess(),
                ir
                    ? "AdaFace's take colours in the order BGR: --bgr"
                    : foldedRemark(known, prefix.get())));
      }
    }
    return prefix(arrays, "body.0.res_layer.0.weight")
        .map(
            prefix ->
                new WeightLayout(
                    "IR networks of other blocks than AdaFace's IR-18, 34, 50 and 101",
                    prefix,
                    Optional.empty(),
                    "no backbone here has such blocks"));
  }

  /**
   * What to know of a network whose batch norms were folded into the filters before it was written,
   * as exporters to ONNX do; empty if they were not.
   *
   * @param prefix before the names of its arrays
   */
  public static String foldedRemark(Map<String, HostTensor> arrays, String prefix) {
    // That of the first convolution: others may have been made for a skip without one.
    boolean folded =
        Stream.of("bn1", "layers.0.layers.1", "feature.1")
            .map(norm -> arrays.get(prefix + norm + ".running_var"))
            .anyMatch(
                variance ->
                    variance != null
                        && variance.elements() > 0
                        && OnnxWeights.isNeutralVariance(variance));
    return folded
        ? "batch norm is folded into its filters: train on with model.freezeBatchNorm: true"
        : "";
  }

  /** What arrays are, in a few words; empty if they are nobody's that is known here. */
  public static String describe(Map<String, HostTensor> arrays) {
    return of(arrays).map(WeightLayout::toString).orElse("");
  }

  /**
   * Finds the weights of a model in a file of another system.
   *
   * @throws IllegalArgumentException as {@link WeightFile#network}, with what the file holds
   *     instead
   */
  public static WeightFile.Network find(ModelConfig model, Path file) {
    return WeightFile.network(file, Encoder.shapes(model), WeightLayout::describe);
  }

  /** What the arrays are, in a few words. */
  @Override
  public String toString() {
    return "the names are those of "
        + names
        + (prefix.isEmpty() ? "" : ", with the prefix " + prefix)
        + model.map(taken -> "; it takes model: " + text(taken)).orElse("")
        + (remark.isEmpty() ? "" : "; " + remark);
  }

  /**
   * Filters of images whose colours come in the other order: BGR for RGB, or the other way round.
   *
   * @param filters [out, 3, height, width]
   */
  public static HostTensor otherColours(HostTensor filters) {
    float[] values = filters.toFloats();
    float[] turned = new float[values.length];
    int plane = Math.toIntExact(filters.shape()[2] * filters.shape()[3]);
    for (int i = 0; i < values.length; i++) {
      int channel = i / plane % 3;
      turned[i] = values[i + (2 - 2 * channel) * plane];
    }
    return HostTensor.of(turned, filters.shape());
  }

  private static WeightLayout fitting(String names, Found arrays, Guess guess, String remark) {
    try {
      ModelConfig model = named(guess.of(arrays).build());
      String misfit = WeightFile.misfit(arrays.all(), arrays.prefix(), Encoder.shapes(model));
      return misfit.isEmpty()
          ? new WeightLayout(names, arrays.prefix(), Optional.of(model), remark)
          : new WeightLayout(
              names,
              arrays.prefix(),
              Optional.empty(),
              "beside model: " + text(model) + " it has " + misfit);
    } catch (IllegalArgumentException e) {
      return new WeightLayout(
          names, arrays.prefix(), Optional.empty(), "no backbone here has its shapes");
    }
  }

  /** The preset that has these stages, if one does. */
  private static ModelConfig named(ModelConfig model) {
    for (ModelConfig.Backbone preset : ModelConfig.Backbone.values()) {
      ModelConfig other = ModelConfigBuilder.builder(model).backbone(preset).build();
      if (!preset.takesStages()
          && preset.isTransformer() == model.backbone().isTransformer()
          && model.layers() != null
          && model.layers().equals(other.layers())
          && model.widths().equals(other.widths())) {
        return other;
      }
    }
    return model;
  }

  private static String text(ModelConfig model) {
    List<String> settings = new ArrayList<>();
    settings.add("backbone: " + model.backbone());
    settings.add("input: " + model.input());
    if (model.backbone().takesStages()) {
      settings.add("layers: " + model.layers());
      settings.add("widths: " + model.widths());
    }
    if (model.backbone().isTransformer()) {
      settings.add("patch: " + model.patch());
    }
    settings.add("embedding: " + model.embedding());
    return "{" + String.join(", ", settings) + "}";
  }

  /** The prefix of a name, the shortest where there are several. */
  private static Optional<String> prefix(Map<String, HostTensor> arrays, String name) {
    return arrays.keySet().stream()
        .filter(stored -> stored.equals(name) || stored.endsWith("." + name))
        .map(stored -> stored.substring(0, stored.length() - name.length()))
        .min(Comparator.comparingInt(String::length));
  }

  private static ModelConfigBuilder residual(Found arrays) {
    List<Integer> layers = new ArrayList<>();
    List<Integer> widths = new ArrayList<>();
    int stage = 1;
    do { // a network without a first stage is none
      layers.add(arrays.count("layer" + stage + ".%d.conv2.weight"));
      widths.add(arrays.size("layer" + stage + ".0.conv2.weight", 0));
      stage++;
    } while (arrays.has("layer" + stage + ".0.conv2.weight"));
    int positions = arrays.size("fc.weight", 1) / widths.get(widths.size() - 1);
    int side = (int) Math.round(Math.sqrt(positions)) << layers.size();
    return ModelConfigBuilder.builder()
        .backbone(ModelConfig.Backbone.iresnet)
        .input(List.of(arrays.size("conv1.weight", 1), side, side))
        .layers(layers)
        .widths(widths)
        .embedding(arrays.size("fc.weight", 0));
  }

  private static ModelConfigBuilder mbf(Found arrays) {
    int side = 16 * arrays.size("features.layers.0.layers.0.weight", 2);
    boolean large = arrays.size("layers.0.layers.0.weight", 0) > 128;
    return ModelConfigBuilder.builder()
        .backbone(large ? ModelConfig.Backbone.mbf_large : ModelConfig.Backbone.mbf)
        .input(List.of(arrays.size("layers.0.layers.0.weight", 1), side, side))
        .embedding(arrays.size("features.layers.2.weight", 0));
  }

  private static ModelConfigBuilder mobile(Found arrays) {
    return ModelConfigBuilder.builder()
        .backbone(ModelConfig.Backbone.mobilefacenet)
        .input(
            List.of(
                arrays.size("conv1.conv.weight", 1),
                16 * arrays.size("conv_dw.weight", 2),
                16 * arrays.size("conv_dw.weight", 3)))
        .embedding(arrays.size("fc.weight", 0));
  }

  private static ModelConfigBuilder transformer(Found arrays) {
    int patch = arrays.size("patch_embed.proj.weight", 2);
    int squares = (int) Math.round(Math.sqrt(arrays.size("pos_embed", 1)));
    int side = 112 / patch == squares ? 112 : squares * patch;
    return ModelConfigBuilder.builder()
        .backbone(ModelConfig.Backbone.vit)
        .input(List.of(arrays.size("patch_embed.proj.weight", 1), side, side))
        .layers(List.of(arrays.count("blocks.%d.attn.qkv.weight")))
        .widths(List.of(arrays.size("pos_embed", 2)))
        .patch(patch)
        .embedding(arrays.size("feature.2.weight", 0));
  }

  /** Arrays whose names begin with a prefix. */
  private record Found(Map<String, HostTensor> all, String prefix) {
    boolean has(String name) {
      return all.containsKey(prefix + name);
    }

    /** How many there are of a name with a number in it. */
    int count(String pattern) {
      int count = 0;
      while (has(pattern.formatted(count))) {
        count++;
      }
      return count;
    }

    /**
     * @throws IllegalArgumentException if there is no such size
     */
    int size(String name, int axis) {
      HostTensor array = all.get(prefix + name);
      if (array == null
          || array.shape().length <= axis
          || array.shape()[axis] < 1
          || array.shape()[axis] > 1 << 20) {
        throw new IllegalArgumentException("no size " + axis + " of " + name);
      }
      return (int) array.shape()[axis];
    }
  }
}
