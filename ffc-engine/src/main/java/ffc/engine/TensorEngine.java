package ffc.engine;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.LibUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The tensor engine of this process, as its loaded libraries say.
 *
 * @param version of DJL
 * @param natives version of PyTorch's libraries
 * @param folder where these were loaded from
 * @param bridged whether they are the machine's, under our own bridge, instead of those that DJL
 *     publishes
 */
public record TensorEngine(String version, String natives, Path folder, boolean bridged) {
  private static final Path MAPPED = Path.of("/proc/self/maps");
  private static final String LIBRARY = "/libtorch_cpu.so";

  /**
   * Loads the engine, unless it is there already.
   *
   * @throws RuntimeException if its natives cannot be loaded
   */
  public static TensorEngine load() {
    Engine.getEngine("PyTorch");
    boolean bridged = Bridge.isThere();
    return new TensorEngine(
        Engine.getDjlVersion(),
        bridged ? Bridge.torchVersion() : LibUtils.getVersion(),
        loadedFrom(),
        bridged);
  }

  /** In one line, for people. */
  public String describe() {
    return "DJL "
        + version
        + ", PyTorch natives "
        + natives
        + (bridged ? " (FFC_TORCH)" : "")
        + " in "
        + folder;
  }

  /** What is mapped tells the truth whatever variables and links led there. */
  private static Path loadedFrom() {
    try {
      List<String> lines = Files.readAllLines(MAPPED);
      for (String line : lines) {
        if (line.endsWith(LIBRARY)) {
          return Path.of(line.substring(line.indexOf('/'), line.length() - LIBRARY.length()));
        }
      }
    } catch (IOException e) {
      // no /proc, so that what DJL meant to load has to do
    }
    return Path.of(LibUtils.getLibtorchPath());
  }
}
