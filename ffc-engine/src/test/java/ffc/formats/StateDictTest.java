package ffc.formats;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StateDictTest {
  @Test
  void countersComeAndGo() {
    Map<String, HostTensor> arrays = new LinkedHashMap<>();
    arrays.put("bn1.weight", HostTensor.of(new float[] {1, 2}, 2));
    arrays.put("bn1.running_var", HostTensor.of(new float[] {1, 2}, 2));
    arrays.put("fc.weight", HostTensor.of(new float[] {3}, 1, 1));
    Map<String, HostTensor> complete = StateDict.withCounters(arrays);
    assertThat(complete.keySet())
        .containsExactly("bn1.weight", "bn1.running_var", "bn1.num_batches_tracked", "fc.weight");
    assertThat(complete.get("bn1.num_batches_tracked").type()).isEqualTo(ElementType.I64);
    assertThat(complete.get("bn1.num_batches_tracked").shape()).isEmpty();
    assertThat(StateDict.asF32(complete)).isEqualTo(arrays);
  }

  @Test
  void narrowTypesAreWidened() {
    Map<String, HostTensor> half = WeightFile.read(Fixtures.file("plain.safetensors"));
    HostTensor wide = StateDict.asF32(Map.of("h", half.get("h"))).get("h");
    assertThat(wide.type()).isEqualTo(ElementType.F32);
    assertThat(wide.toFloats()).startsWith(1, -0.5f, 65504);
  }
}
