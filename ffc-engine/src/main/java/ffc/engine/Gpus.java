package ffc.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * NVIDIA GPUs: how many the machine has, and how many of them the engine can use, which needs a
 * PyTorch that is built for them ({@code FFC_TORCH}). DJL counts by a libcudart that it finds by
 * the linker's search alone, and whatever its natives are built for; here its natives are asked.
 */
public final class Gpus {
  private final Path driver;
  private final Map<String, String> environment;

  /** Those of this machine. */
  public Gpus() {
    this(Path.of("/proc/driver/nvidia/gpus"), System.getenv());
  }

  /**
   * @param driver folder in which the driver keeps a folder for each GPU; may be missing
   * @param environment with the PATH on which nvidia-smi is looked for
   */
  Gpus(Path driver, Map<String, String> environment) {
    this.driver = driver;
    this.environment = Map.copyOf(environment);
  }

  /** Memory of a GPU in bytes; {@code used} is that of all processes. */
  public record Memory(long used, long total) {}

  /** Number of GPUs that the engine can use; loads it. */
  public static int usable() {
    TensorEngine engine = TensorEngine.load();
    return engine.bridged() ? Bridge.gpus() : 0; // DJL's natives for GPUs are not on the class path
  }

  /**
   * Version of the CUDA runtime that the engine computes by, such as 13.0; loads the engine.
   *
   * @return empty if it is built for CPUs
   */
  public static Optional<String> cudaRuntime() {
    int version = TensorEngine.load().bridged() ? Bridge.cudaRuntime() : 0;
    return version == 0
        ? Optional.empty()
        : Optional.of(version / 1000 + "." + version % 1000 / 10);
  }

  /** Memory of one that the engine can use. */
  public static Memory memory(int gpu) {
    long[] usedAndTotal = Bridge.gpuMemory(gpu);
    return new Memory(usedAndTotal[0], usedAndTotal[1]);
  }

  /** Number of GPUs that the machine has, as its driver or nvidia-smi says. */
  public int present() {
    try (Stream<Path> gpus = Files.list(driver)) {
      return (int) gpus.count();
    } catch (IOException e) { // in some containers, or without a driver
      return (int) smi("-L").stream().filter(line -> line.startsWith("GPU ")).count();
    }
  }

  /** What nvidia-smi prints; nothing where it is missing or fails. */
  public List<String> smi(String... arguments) {
    return Tool.ask(environment.getOrDefault("PATH", ""), "nvidia-smi", arguments)
        .orElse(List.of());
  }

  /**
   * One line for someone whose GPUs the engine does not see.
   *
   * @param usable as {@link #usable} says
   * @return empty if all is as it should be, also where the GPUs are hidden on purpose
   */
  public Optional<String> unused(int usable, TensorEngine engine) {
    String visible = environment.get("CUDA_VISIBLE_DEVICES");
    boolean hidden = visible != null && (visible.isBlank() || visible.startsWith("-1"));
    int present = usable > 0 || hidden ? 0 : present();
    if (present == 0) {
      return Optional.empty();
    }
    String advice =
        engine.bridged()
            ? "PyTorch "
                + engine.natives()
                + " in "
                + engine.folder()
                + " cannot use it: it is"
                + " built for CPUs, or for a newer driver (./ffc doctor)"
            : "the natives in use are for CPUs: FFC_TORCH=python3 ./ffc ... takes the PyTorch of"
                + " python3 (docs/gpu.md)";
    return Optional.of("no GPU is used, though this machine has " + present + ": " + advice);
  }
}
