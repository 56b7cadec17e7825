package ffc.formats;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The IR networks of AdaFace and CVLface under the names of InsightFace's iresnet.
 *
 * <p>Both are the same network but for the skip of the first block, where IR takes every second
 * pixel as it is, and the last batch norm, which has no weight and bias there. Arrays that do just
 * that are added: a projection and a batch norm that give what they get. In training with the
 * statistics of the batch that batch norm normalises, which IR does not.
 */
public final class IrNames {
  private static final String FIRST = "body.0.res_layer.4.weight";
  private static final Pattern BLOCK =
      Pattern.compile("body\\.(\\d+)\\.(res_layer|shortcut_layer)\\.(\\d)\\.(\\w+)");
  private static final List<String> LAYERS =
      List.of("bn1", "conv1", "bn2", "prelu", "conv2", "bn3");
  private static final Map<String, String> ENDS =
      Map.of(
          "input_layer.0", "conv1",
          "input_layer.1", "bn1",
          "input_layer.2", "prelu",
          "output_layer.0", "bn2",
          "output_layer.3", "fc",
          "output_layer.4", "features");

  private IrNames() {}

  /** Whether a network of that kind is among some arrays. */
  public static boolean in(Map<String, HostTensor> arrays) {
    return prefix(arrays) != null;
  }

  /** What stands before the names, null if there is no such network. */
  private static String prefix(Map<String, HostTensor> arrays) {
    String found = null;
    for (String name : arrays.keySet()) {
      if (name.equals(FIRST) || name.endsWith("." + FIRST)) {
        String prefix = name.substring(0, name.length() - FIRST.length());
        // Blocks of three convolutions, of squeeze and excitation, or with no second batch norm.
        boolean other =
            arrays.containsKey(prefix + "body.0.res_layer.7.weight")
                || !arrays.containsKey(prefix + "body.0.res_layer.5.running_var")
                || width(arrays, name) == 0;
        found = other || found != null && found.length() < prefix.length() ? found : prefix;
      }
    }
    return found;
  }

  /** Arrays under InsightFace's names if they are those of an IR network, otherwise as they are. */
  public static Map<String, HostTensor> translated(Map<String, HostTensor> arrays) {
    String prefix = prefix(arrays);
    if (prefix == null) {
      return arrays;
    }
    Map<Integer, String> blocks = blocks(arrays, prefix);
    Map<String, HostTensor> renamed = new LinkedHashMap<>();
    arrays.forEach(
        (name, array) ->
            renamed.put(
                name.startsWith(prefix)
                    ? prefix + renamed(name.substring(prefix.length()), blocks)
                    : name,
                array));
    String first = prefix + "layer1.0.downsample.";
    if (!renamed.containsKey(first + "0.weight")) {
      addSkip(renamed, first, width(renamed, prefix + "layer1.0.conv2.weight"));
    }
    HostTensor last = renamed.get(prefix + "features.running_var");
    if (last != null) {
      renamed.putIfAbsent(prefix + "features.weight", filled(last.elements(), 1));
      renamed.putIfAbsent(prefix + "features.bias", filled(last.elements(), 0));
    }
    return renamed;
  }

  /** Where each block stands; a stage begins with one that changes the number of channels. */
  private static Map<Integer, String> blocks(Map<String, HostTensor> arrays, String prefix) {
    Map<Integer, String> blocks = new LinkedHashMap<>();
    int stage = 0;
    int at = 0;
    int before = 0;
    for (int i = 0; ; i++, at++) {
      int width = width(arrays, prefix + "body." + i + ".res_layer.4.weight");
      if (width == 0) {
        return blocks;
      }
      if (width != before) {
        stage++;
        at = 0;
        before = width;
      }
      blocks.put(i, "layer" + stage + "." + at);
    }
  }

  /** Channels that a convolution gives; 0 if there is none of that name. */
  private static int width(Map<String, HostTensor> arrays, String name) {
    HostTensor filters = arrays.get(name);
    return filters == null || filters.shape().length != 4 ? 0 : Math.toIntExact(filters.shape()[0]);
  }

  private static String renamed(String name, Map<Integer, String> blocks) {
    Matcher inBlock = BLOCK.matcher(name);
    if (!inBlock.matches()) {
      int dot = name.lastIndexOf('.');
      String end = dot < 0 ? null : ENDS.get(name.substring(0, dot));
      return end == null ? name : end + name.substring(dot);
    }
    String block = inBlock.group(1).length() > 6 ? null : blocks.get(index(inBlock.group(1)));
    int layer = index(inBlock.group(3));
    boolean skip = inBlock.group(2).startsWith("shortcut");
    if (block == null || layer >= (skip ? 2 : LAYERS.size())) {
      return name;
    }
    String part = skip ? "downsample." + layer : LAYERS.get(layer);
    return block + "." + part + "." + inBlock.group(4);
  }

  private static int index(String digits) {
    return Integer.parseInt(digits);
  }

  /** A projection and a batch norm that give what they get. */
  private static void addSkip(Map<String, HostTensor> arrays, String name, int width) {
    float[] identity = new float[Math.multiplyExact(width, width)];
    for (int i = 0; i < width; i++) {
      identity[i * (width + 1)] = 1;
    }
    arrays.put(name + "0.weight", HostTensor.of(identity, width, width, 1, 1));
    arrays.put(name + "1.weight", filled(width, 1));
    arrays.put(name + "1.bias", filled(width, 0));
    arrays.put(name + "1.running_mean", filled(width, 0));
    arrays.put(name + "1.running_var", filled(width, 1 - 1e-5f)); // 1 with what batch norm adds
  }

  private static HostTensor filled(int size, float value) {
    float[] values = new float[size];
    Arrays.fill(values, value);
    return HostTensor.of(values, size);
  }
}
