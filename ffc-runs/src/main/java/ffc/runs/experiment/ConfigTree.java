package ffc.runs.experiment;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * An experiment as a tree of plain values that remembers where each of them was written.
 *
 * <p>Keys and values have places of their own: an unknown key is reported where the key stands, a
 * wrong value where the value stands.
 */
final class ConfigTree {
  private final String label;
  private final ObjectNode root;
  private final Map<JsonPointer, String> keyPlaces = new HashMap<>();
  private final Map<JsonPointer, String> valuePlaces = new HashMap<>();

  ConfigTree(String label, ObjectNode root) {
    this.label = label;
    this.root = root;
  }

  ObjectNode root() {
    return root;
  }

  void place(JsonPointer at, String key, String value) {
    keyPlaces.put(at, key);
    valuePlaces.put(at, value);
  }

  /** Forgets the places below {@code at}: its value was replaced as a whole. */
  void replaced(JsonPointer at, String place) {
    String prefix = at + "/";
    keyPlaces.keySet().removeIf(p -> p.toString().startsWith(prefix));
    valuePlaces.keySet().removeIf(p -> p.toString().startsWith(prefix));
    place(at, place, place);
  }

  String keyPlace(JsonPointer at) {
    return nearest(keyPlaces, at);
  }

  String valuePlace(JsonPointer at) {
    return nearest(valuePlaces, at);
  }

  private String nearest(Map<JsonPointer, String> places, JsonPointer at) {
    if (places.containsKey(at)) {
      return places.get(at);
    }
    for (JsonPointer p = at.matches() ? null : at.head(); p != null; p = p.head()) {
      String place = valuePlaces.get(p);
      if (place != null) {
        return place;
      }
    }
    return label.startsWith("--set") ? label : label + ":1:1";
  }

  JsonNode at(JsonPointer pointer) {
    return root.at(pointer);
  }

  /** The pointer in the notation of users: {@code evaluate.0.path}. */
  static String dotted(JsonPointer pointer) {
    StringBuilder text = new StringBuilder();
    for (JsonPointer p = pointer; !p.matches(); p = p.tail()) {
      if (!text.isEmpty()) {
        text.append('.');
      }
      text.append(p.getMatchingProperty());
    }
    return text.toString();
  }

  /** The reverse of {@link #dotted}. */
  static JsonPointer pointer(List<String> segments) {
    JsonPointer pointer = JsonPointer.empty();
    for (String segment : segments) {
      pointer = pointer.appendProperty(segment);
    }
    return pointer;
  }
}
