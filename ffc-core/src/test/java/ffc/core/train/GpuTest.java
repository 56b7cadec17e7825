package ffc.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.abort;

import ffc.core.method.RunConfig;
import ffc.core.method.RunConfigBuilder;
import ffc.engine.Gpus;
import ffc.exchange.ThreadExchange;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run computes on a GPU, against the CPU. */
@Tag("gpu")
class GpuTest {
  @TempDir Path folder;

  @BeforeEach
  void needsAGpu() {
    if (Gpus.usable() == 0) {
      System.out.println("GpuTest is skipped: the engine sees no NVIDIA GPU");
      abort("the engine sees no NVIDIA GPU");
    }
  }

  @Test
  void aRunOnTheGpuHasTheLossesOfTheCpu() throws IOException {
    TinyRun cpu = TinyRun.run(on(RunConfig.Device.cpu, "cpu"));
    TinyRun gpu = TinyRun.run(on(RunConfig.Device.gpu, "gpu"));
    assertThat(gpu.losses).hasSameSizeAs(cpu.losses);
    for (int i = 0; i < cpu.losses.size(); i++) {
      assertThat(loss(gpu, i)).as("step " + (i + 1)).isCloseTo(loss(cpu, i), within(1e-2));
    }
    assertThat(gpu.summary().devicePeakBytes()).isPositive();
    assertThat(cpu.summary().devicePeakBytes()).isNull();
  }

  @Test
  void twoGpusOfOneProcessHaveTheLossesOfTwoTrainersOnTheCpu() throws Exception {
    if (Gpus.usable() < 2) {
      System.out.println("GpuTest of two GPUs is skipped: the engine sees one");
      abort("the engine sees one GPU");
    }
    TinyRun cpu = two(RunConfig.Device.cpu);
    TinyRun gpu = two(RunConfig.Device.gpu);
    assertThat(gpu.losses).hasSameSizeAs(cpu.losses);
    for (int i = 0; i < cpu.losses.size(); i++) {
      assertThat(loss(gpu, i)).as("step " + (i + 1)).isCloseTo(loss(cpu, i), within(1e-2));
    }
  }

  private TinyRun two(RunConfig.Device device) throws Exception {
    return ThreadExchange.together(
            2,
            device == RunConfig.Device.cpu,
            exchange -> {
              int rank = exchange.rank();
              return TinyRun.run(
                  TinyRun.onGpu(on(device, "two-" + device + rank), rank), exchange, () -> false);
            })
        .get(0);
  }

  private static double loss(TinyRun run, int i) {
    return Double.parseDouble(run.losses.get(i).split(" ")[1]);
  }

  private Trainer.Setup on(RunConfig.Device device, String name) {
    return TinyRun.with(
        TinyRun.still(TinyRun.setup(TinyRun.FFC, 5, folder.resolve(name), null)),
        run ->
            RunConfigBuilder.builder()
                .steps(run.steps())
                .reportEvery(1)
                .checkpointEvery(0)
                .device(device)
                .threads(1)
                .build());
  }
}
