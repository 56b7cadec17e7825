package ffc.formats;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Arrays under the names of a PyTorch state dict. PyTorch keeps, for each batch norm, a counter
 * {@code num_batches_tracked} (i64 scalar) that this project has no use for: it is added on the way
 * out, so that strict loading accepts the file, and dropped on the way in.
 */
public final class StateDict {
  private static final String COUNTER = "num_batches_tracked";
  private static final String VARIANCE = "running_var";

  private StateDict() {}

  /** Adds a counter after each running variance. */
  public static Map<String, HostTensor> withCounters(Map<String, HostTensor> arrays) {
    Map<String, HostTensor> complete = new LinkedHashMap<>();
    arrays.forEach(
        (name, array) -> {
          complete.put(name, array);
          if (name.endsWith(VARIANCE)) {
            String counter = name.substring(0, name.length() - VARIANCE.length()) + COUNTER;
            complete.put(counter, HostTensor.of(new long[] {0}));
          }
        });
    return complete;
  }

  /** Whether a name is that of a counter. */
  static boolean isCounter(String name) {
    return name.equals(COUNTER) || name.endsWith("." + COUNTER);
  }

  /** Drops the counters, and widens or rounds the rest to f32. */
  public static Map<String, HostTensor> asF32(Map<String, HostTensor> arrays) {
    Map<String, HostTensor> kept = new LinkedHashMap<>();
    arrays.forEach(
        (name, array) -> {
          if (!isCounter(name)) {
            kept.put(
                name,
                array.type() == ElementType.F32
                    ? array
                    : HostTensor.of(array.toFloats(), array.shape()));
          }
        });
    return kept;
  }
}
