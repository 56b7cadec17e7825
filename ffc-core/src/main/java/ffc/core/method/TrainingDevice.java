package ffc.core.method;

import ai.djl.Device;
import ffc.engine.Gpus;

/** Where a trainer's networks run: what {@code run.device} comes to on this machine. */
public final class TrainingDevice {
  private TrainingDevice() {}

  /** Whether networks run on a GPU where a run is wanted; starts the engine. */
  public static boolean isGpu(RunConfig.Device wanted) {
    return wanted != RunConfig.Device.cpu && Gpus.usable() > 0;
  }

  /**
   * The device of a trainer.
   *
   * @param gpu number of its GPU, if it runs on one
   * @throws IllegalArgumentException if this machine does not have it
   */
  public static Device of(RunConfig.Device wanted, int gpu) {
    int gpus = Gpus.usable();
    if (wanted == RunConfig.Device.gpu && gpus == 0) {
      throw new IllegalArgumentException(
          "run.device is gpu, but the engine sees none: ./ffc doctor tells why; or use run.device: auto"
              + " or cpu");
    }
    if (!isGpu(wanted)) {
      return Device.cpu();
    }
    if (gpu >= gpus) {
      throw new IllegalArgumentException(
          "run.devices or cluster.devices names GPU "
              + gpu
              + ", this machine has "
              + gpus
              + ", numbered from 0");
    }
    return Device.gpu(gpu);
  }
}
