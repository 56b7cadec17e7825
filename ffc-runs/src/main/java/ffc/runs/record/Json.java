package ffc.runs.record;

import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** JSON of the run records: snake_case keys, numbers that read back exactly, no NaN. */
public final class Json {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private Json() {}

  /** A new object. */
  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** Reads a text. */
  public static JsonNode parse(String text) {
    return MAPPER.readTree(text);
  }

  /** Puts a number; one that is absent or not finite is left out, as JSON has no word for it. */
  public static void put(ObjectNode node, String key, Double value) {
    if (value != null && Double.isFinite(value)) {
      node.put(key, value);
    }
  }

  /** Puts a map of numbers as an object. */
  static void put(ObjectNode node, String key, Map<String, Double> values) {
    ObjectNode object = node.putObject(key);
    values.forEach((name, value) -> put(object, name, value));
  }
}
