package ffc.core.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrainingDeviceTest {
  private static Device named(String text, int gpus) {
    return TrainingDevice.named("--device", text, () -> gpus);
  }

  @Test
  void anOptionNamesADeviceOfThisMachine() {
    assertThat(named("auto", 0)).isEqualTo(Device.cpu());
    assertThat(named("auto", 2)).isEqualTo(Device.gpu(0));
    assertThat(named("cpu", 2)).isEqualTo(Device.cpu());
    assertThat(named("gpu", 2)).isEqualTo(Device.gpu(0));
    assertThat(named("gpu:1", 2)).isEqualTo(Device.gpu(1));
  }

  @Test
  void whatIsNotThereIsRefusedInALine() {
    assertThatThrownBy(() -> named("gpu", 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--device gpu: the engine sees no GPU: ./ffc doctor tells why; or use cpu");
    assertThatThrownBy(() -> named("gpu:2", 2))
        .hasMessage("--device gpu:2: this machine has 2, numbered from 0");
    for (String wrong : List.of("", "cuda", "gpu:", "gpu:-1", "gpu:x", "cpu:0", "GPU")) {
      assertThatThrownBy(() -> named(wrong, 2))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "--device: got " + wrong + ", wanted auto, cpu, gpu or gpu:N, numbered from 0");
    }
  }
}
