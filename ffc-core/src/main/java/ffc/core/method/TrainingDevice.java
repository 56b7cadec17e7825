package ffc.core.method;

import ai.djl.Device;
import ffc.engine.Gpus;
import java.util.function.IntSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where networks run: what {@code run.device}, or {@code --device} of a command, comes to on this
 * machine.
 */
public final class TrainingDevice {
  private static final Pattern NAMED = Pattern.compile("auto|cpu|gpu(?::([0-9]{1,4}))?");

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

  /**
   * The device that an option names.
   *
   * @param text auto, cpu, gpu or gpu:N
   * @throws IllegalArgumentException if it is none of these, or this machine does not have it
   */
  public static Device named(String option, String text) {
    return named(option, text, Gpus::usable);
  }

  /** As {@link #named(String, String)} where the engine can use so many GPUs. */
  static Device named(String option, String text, IntSupplier usable) {
    Matcher named = NAMED.matcher(text);
    if (!named.matches()) {
      throw new IllegalArgumentException(
          option + ": got " + text + ", wanted auto, cpu, gpu or gpu:N, numbered from 0");
    }
    int gpus = text.equals("cpu") ? 0 : usable.getAsInt();
    if (text.equals("cpu") || text.equals("auto") && gpus == 0) {
      return Device.cpu();
    }
    if (gpus == 0) {
      throw new IllegalArgumentException(
          option + " " + text + ": the engine sees no GPU: ./ffc doctor tells why; or use cpu");
    }
    int gpu = named.group(1) == null ? 0 : Integer.parseInt(named.group(1));
    if (gpu >= gpus) {
      throw new IllegalArgumentException(
          option + " " + text + ": this machine has " + gpus + ", numbered from 0");
    }
    return Device.gpu(gpu);
  }
}
