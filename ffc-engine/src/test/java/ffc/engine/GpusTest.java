package ffc.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GpusTest {
  private static final TensorEngine MAVENS =
      new TensorEngine("0.35.1", "2.7.1", Path.of("/djl/lib"), false);
  private static final TensorEngine BRIDGED =
      new TensorEngine("0.35.1", "2.13.0", Path.of("/torch/lib"), true);

  @TempDir Path temp;

  @Test
  void countsWhatTheDriverHas() throws IOException {
    for (String card : new String[] {"0000:01:00.0", "0000:02:00.0"}) {
      Files.createDirectories(temp.resolve("gpus").resolve(card));
    }
    nvidiaSmi("echo 'GPU 0: other'");

    assertThat(gpus(Map.of()).present()).isEqualTo(2);
  }

  @Test
  void withoutADriverOfThisSystemNvidiaSmiIsAsked() throws IOException {
    assertThat(gpus(Map.of()).present()).isZero();
    nvidiaSmi("echo 'GPU 0: H100 (UUID: 1)'; echo 'GPU 1: H100 (UUID: 2)'; echo '  MIG 1g'");
    assertThat(gpus(Map.of()).present()).isEqualTo(2);
    nvidiaSmi("echo 'GPU 0: H100'; echo 'NVIDIA-SMI has failed'; exit 9");
    assertThat(gpus(Map.of()).present()).isZero();
  }

  @Test
  void gpusThatTheEngineDoesNotSeeAreToldOfInALine() throws IOException {
    nvidiaSmi("echo 'GPU 0: H100 (UUID: 1)'");

    assertThat(gpus(Map.of()).unused(0, MAVENS))
        .hasValueSatisfying(
            line ->
                assertThat(line)
                    .startsWith("no GPU is used, though this machine has 1: ")
                    .contains("the natives in use are for CPUs", "FFC_TORCH=python3")
                    .doesNotContain("\n"));
    assertThat(gpus(Map.of()).unused(0, BRIDGED).orElseThrow())
        .contains("PyTorch 2.13.0 in /torch/lib cannot use it", "./ffc doctor");
    assertThat(gpus(Map.of()).unused(1, BRIDGED)).isEmpty();
    assertThat(gpus(Map.of("CUDA_VISIBLE_DEVICES", "0")).unused(0, MAVENS)).isPresent();
    for (String hidden : new String[] {"", " ", "-1"}) {
      assertThat(gpus(Map.of("CUDA_VISIBLE_DEVICES", hidden)).unused(0, MAVENS)).isEmpty();
    }
  }

  @Test
  void aMachineWithoutGpusHasNothingToTell() {
    assertThat(gpus(Map.of()).unused(0, MAVENS)).isEmpty();
    assertThat(ProcessMemory.device(Device.cpu())).isZero();
  }

  @Test
  void memoryThatIsNotToBeHadIsNone() {
    if (TensorEngine.load().bridged() && Gpus.usable() == 0) {
      assertThat(ProcessMemory.device(Device.gpu(0))).isZero();
    }
  }

  private Gpus gpus(Map<String, String> more) {
    Map<String, String> environment = new HashMap<>(more);
    environment.put("PATH", "/nowhere:" + temp);
    return new Gpus(temp.resolve("gpus"), environment);
  }

  private void nvidiaSmi(String body) throws IOException {
    Path file = Files.writeString(temp.resolve("nvidia-smi"), "#!/bin/sh\n" + body + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }
}
