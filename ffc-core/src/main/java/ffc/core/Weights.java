package ffc.core;

import ai.djl.ndarray.NDArray;
import ffc.core.nn.Parameters;
import java.util.Map;
import java.util.TreeSet;

/** Fills a network with stored arrays, strictly: every name on both sides, every shape equal. */
final class Weights {
  private Weights() {}

  static void load(Parameters parameters, Map<String, NDArray> stored, String what) {
    TreeSet<String> missing = new TreeSet<>(parameters.all().keySet());
    missing.removeAll(stored.keySet());
    TreeSet<String> unknown = new TreeSet<>(stored.keySet());
    unknown.removeAll(parameters.all().keySet());
    if (!missing.isEmpty() || !unknown.isEmpty()) {
      throw new IllegalArgumentException(
          what
              + ": the stored network is another one; missing "
              + first(missing)
              + ", not expected "
              + first(unknown));
    }
    stored.forEach(parameters::set);
  }

  private static String first(TreeSet<String> names) {
    return names.isEmpty()
        ? "nothing"
        : names.size() == 1
            ? names.first()
            : names.first() + " and " + (names.size() - 1) + " more";
  }
}
