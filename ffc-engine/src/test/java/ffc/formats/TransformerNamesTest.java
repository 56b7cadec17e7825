package ffc.formats;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TransformerNamesTest {
  private final Map<String, HostTensor> arrays = new LinkedHashMap<>();
  private final List<OnnxModel.Node> nodes = new ArrayList<>();
  private final Map<String, String> changes = new LinkedHashMap<>();
  private int count;

  /** An operator on values; what comes out. */
  private String node(String operator, String... inputs) {
    String changed = changes.getOrDefault(operator, operator);
    if (changed.isEmpty()) {
      return inputs[0];
    }
    String output = "v" + count++;
    nodes.add(new OnnxModel.Node(changed, List.of(inputs), List.of(output), Map.of(), 2e-5f));
    return output;
  }

  /** An array of a shape, each of whose values is its number. */
  private String array(int number, long... shape) {
    int size = 1;
    for (long axis : shape) {
      size *= (int) axis;
    }
    float[] values = new float[size];
    Arrays.fill(values, number);
    arrays.put("a" + number, HostTensor.of(values, shape));
    return "a" + number;
  }

  /** One block of 4 values on 2 tokens as PyTorch writes it in operator set 17. */
  private Optional<Map<String, HostTensor>> read(String... change) {
    arrays.clear();
    nodes.clear();
    changes.clear();
    for (int i = 0; i < change.length; i += 2) {
      changes.put(change[i], change[i + 1]);
    }
    String x = node("Conv", "data", array(1, 4, 3, 2, 2), array(2, 4));
    x = node("Add", node("Transpose", node("Reshape", x, "shape")), array(3, 1, 2, 4));
    String y = node("LayerNormalization", x, array(4, 4), array(5, 4));
    y = node("Reshape", node("MatMul", y, array(6, 4, 12)), "shape");
    y = node("MatMul", node("Softmax", node("MatMul", y, y)), y);
    y = node("MatMul", node("Reshape", y, "shape"), array(7, 4, 4));
    x = node("Add", x, node("Add", array(8, 4), y));
    y = node("LayerNormalization", x, array(9, 4), array(10, 4));
    y = node("Add", array(11, 16), node("MatMul", y, array(12, 4, 16)));
    y = node("Add", array(13, 4), node("MatMul", node("Clip", y), array(14, 16, 4)));
    x = node("Cast", node("Add", changes.containsKey("beside") ? "data" : x, y));
    x = node("LayerNormalization", x, array(15, 4), array(16, 4));
    x = node("MatMul", node("Reshape", x, "shape"), array(17, 8, 4));
    x = node("BatchNormalization", x, array(18, 4), array(19, 4), array(20, 4), array(21, 4));
    x = node("MatMul", x, array(22, 4, 5));
    node("BatchNormalization", x, array(23, 5), array(24, 5), array(25, 5), array(26, 5));
    return TransformerNames.of(new OnnxModel(arrays, nodes));
  }

  @Test
  void layersHaveTheNamesOfTheirPlaces() {
    Map<String, HostTensor> named = read().orElseThrow();

    Map<String, Float> values = new LinkedHashMap<>();
    named.forEach((name, array) -> values.put(name, array.toFloats()[0]));
    Map<String, Float> wanted = new LinkedHashMap<>();
    wanted.put("patch_embed.proj.weight", 1f);
    wanted.put("patch_embed.proj.bias", 2f);
    wanted.put("pos_embed", 3f);
    wanted.put("mask_token", 0f);
    wanted.put("blocks.0.norm1.weight", 4f);
    wanted.put("blocks.0.norm1.bias", 5f);
    wanted.put("blocks.0.attn.qkv.weight", 6f);
    wanted.put("blocks.0.attn.proj.weight", 7f);
    wanted.put("blocks.0.attn.proj.bias", 8f);
    wanted.put("blocks.0.norm2.weight", 9f);
    wanted.put("blocks.0.norm2.bias", 10f);
    wanted.put("blocks.0.mlp.fc1.weight", 12f);
    wanted.put("blocks.0.mlp.fc1.bias", 11f);
    wanted.put("blocks.0.mlp.fc2.weight", 14f);
    wanted.put("blocks.0.mlp.fc2.bias", 13f);
    wanted.put("norm.weight", 15f);
    wanted.put("norm.bias", 16f);
    wanted.put("feature.0.weight", 17f);
    wanted.put("feature.1.weight", 18f);
    wanted.put("feature.1.bias", 19f);
    wanted.put("feature.1.running_mean", 20f);
    wanted.put("feature.1.running_var", 21f);
    wanted.put("feature.2.weight", 22f);
    wanted.put("feature.3.weight", 23f);
    wanted.put("feature.3.bias", 24f);
    wanted.put("feature.3.running_mean", 25f);
    wanted.put("feature.3.running_var", 26f);
    assertThat(values).isEqualTo(wanted);
    assertThat(named.get("blocks.0.attn.qkv.weight").shape()).containsExactly(12, 4);
    assertThat(named.get("feature.0.weight").shape()).containsExactly(4, 8);
    assertThat(named.get("mask_token").shape()).containsExactly(1, 1, 4);
    assertThat(read("Cast", "").orElseThrow()).containsOnlyKeys(wanted.keySet());
  }

  @Test
  void otherNetworksKeepTheirNames() {
    assertThat(read("Clip", "Gelu")).as("another activation").isEmpty();
    assertThat(read("Softmax", "Relu")).as("another attention").isEmpty();
    assertThat(read("Cast", "Tanh")).as("a layer in front of the head").isEmpty();
    assertThat(read("beside", "")).as("no sum with what went in").isEmpty();
    assertThat(read("LayerNormalization", "Tanh")).as("other norms").isEmpty();
  }
}
