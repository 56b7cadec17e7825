package ffc.loaders.remote;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What servers want to see before they give an object, by host: lines {@code HOST VALUE} of the
 * environment variable {@value #VARIABLE}. A value that begins with a question mark is a query, one
 * of two words stands behind {@code Authorization:}, any other is {@code user:password}.
 */
final class Access {
  static final String VARIABLE = "FFC_HTTP_ACCESS";

  private final Map<String, String> values = new LinkedHashMap<>();

  /**
   * @param lines may be null
   */
  Access(String lines) {
    for (String line : lines == null ? new String[0] : lines.split("\\R", -1)) {
      String[] parts = line.strip().split("\\s+", 2);
      if (parts.length == 2) {
        values.put(parts[0], parts[1]);
      } else if (!line.isBlank()) {
        throw new IllegalArgumentException(
            VARIABLE + ": wanted lines of a host and, behind a space, its query or credentials");
      }
    }
  }

  /** Why a host is given nothing, if its name alone is what a line has; empty otherwise. */
  String hint(String host) {
    String name = host.replaceFirst(":\\d+$", "");
    return !values.containsKey(host) && values.containsKey(name)
        ? "; it has a line for %s, wanted %s, with the port as in the address".formatted(name, host)
        : "";
  }

  /** What follows the address, with its question mark; empty if nothing does. */
  String query(String host) {
    String value = values.getOrDefault(host, "");
    return value.startsWith("?") ? value : "";
  }

  /** The value of the header {@code Authorization}; empty if there is none. */
  String authorization(String host) {
    String value = values.getOrDefault(host, "");
    if (value.isEmpty() || value.startsWith("?")) {
      return "";
    }
    return value.contains(" ")
        ? value
        : "Basic " + Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.UTF_8));
  }
}
