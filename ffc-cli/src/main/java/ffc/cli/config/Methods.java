package ffc.cli.config;

import ffc.core.FfcConfig;
import ffc.core.MethodConfig;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The method table: what {@code method.type} may name. A new method is one line here, its config
 * record and its class.
 */
public final class Methods {
  private static final Map<String, Class<? extends MethodConfig>> CONFIGS =
      new TreeMap<>(Map.of("ffc", FfcConfig.class));

  private Methods() {}

  /** Known types in alphabetical order. */
  public static List<String> types() {
    return List.copyOf(CONFIGS.keySet());
  }

  /** Config record of a known type; null for an unknown one. */
  public static Class<? extends MethodConfig> config(String type) {
    return CONFIGS.get(type);
  }
}
