package ffc.engine;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.LibUtils;
import java.nio.file.Path;

/**
 * The tensor engine of this process, as it says itself.
 *
 * @param version of DJL
 * @param natives version of PyTorch's libraries
 * @param folder where these were loaded from; its name tells for which device they are built
 */
public record TensorEngine(String version, String natives, Path folder) {
  /**
   * Loads the engine, unless it is there already.
   *
   * @throws RuntimeException if its natives cannot be loaded
   */
  public static TensorEngine load() {
    Engine.getEngine("PyTorch");
    return new TensorEngine(
        Engine.getDjlVersion(), LibUtils.getVersion(), Path.of(LibUtils.getLibtorchPath()));
  }
}
