package ffc.runs.watch;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Metrics in Prometheus' text format, version 0.0.4.
 *
 * <pre>
 * metric = "# HELP " name " " text, "# TYPE " name " gauge" or " counter", sample...
 * sample = name, optionally {label="value",...}, " ", number
 * </pre>
 */
final class Prometheus {
  /** The content type that says so. */
  static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final Map<String, StringBuilder> metrics = new LinkedHashMap<>();

  /**
   * Adds a sample of something that goes up and down.
   *
   * @param name of the metric; characters it may not hold become {@code _}
   * @param help a line about it; that of the first sample counts
   * @param labels names and values in turn
   */
  Prometheus gauge(String name, String help, double value, String... labels) {
    return sample(name, help, "gauge", value, labels);
  }

  /** Adds a sample of something that only grows while the process lives. */
  Prometheus counter(String name, String help, double value, String... labels) {
    return sample(name, help, "counter", value, labels);
  }

  private Prometheus sample(String name, String help, String type, double value, String... labels) {
    String legal = name.replaceAll("[^a-zA-Z0-9_]", "_");
    StringBuilder metric =
        metrics.computeIfAbsent(
            legal,
            n ->
                new StringBuilder("# HELP " + n + " " + help.replace("\\", "\\\\") + "\n")
                    .append("# TYPE " + n + " " + type + "\n"));
    metric.append(legal);
    for (int i = 0; i < labels.length; i += 2) {
      metric.append(i == 0 ? '{' : ',').append(labels[i]).append("=\"");
      metric.append(escape(labels[i + 1])).append('"');
    }
    metric.append(labels.length > 0 ? "} " : " ").append(number(value)).append('\n');
    return this;
  }

  private static String escape(String label) {
    return label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  private static String number(double value) {
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  /** The page that Prometheus reads. */
  String text() {
    return String.join("", metrics.values());
  }
}
