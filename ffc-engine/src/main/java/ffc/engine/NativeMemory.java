package ffc.engine;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Recognises failures of the engine for want of memory by their text: it has no type of its own for
 * them, and its messages go on with a stack trace of its own.
 */
public final class NativeMemory {
  private static final List<String> GPU =
      List.of(
          "CUDA out of memory",
          "HIP out of memory",
          "CUDA error: out of memory",
          "CUBLAS_STATUS_ALLOC_FAILED",
          "CUDNN_STATUS_ALLOC_FAILED",
          "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED");
  private static final List<String> HOST =
      List.of(
          "DefaultCPUAllocator: can't allocate memory",
          "DefaultCPUAllocator: not enough memory",
          "std::bad_alloc");
  private static final Pattern SIZE =
      Pattern.compile("[Tt]ried to allocate ([0-9.]+ ?(?:bytes|[KMGT]?i?B))");
  private static final int MOST_CAUSES = 20;

  private NativeMemory() {}

  /**
   * One clause that says which memory was short and by how much.
   *
   * @return empty if the failure is another one
   */
  public static Optional<String> shortage(Throwable failure) {
    Throwable at = failure;
    for (int i = 0; at != null && i < MOST_CAUSES; i++) {
      String message = String.valueOf(at.getMessage());
      if (GPU.stream().anyMatch(message::contains)) {
        return Optional.of("out of memory on the GPU" + size(message));
      }
      if (HOST.stream().anyMatch(message::contains)) {
        return Optional.of("out of memory beside the Java heap" + size(message));
      }
      at = at.getCause();
    }
    return Optional.empty();
  }

  private static String size(String message) {
    Matcher size = SIZE.matcher(message);
    return size.find() ? " (tried to allocate " + size.group(1) + ")" : "";
  }
}
