package ffc.runs.experiment;

import ffc.loaders.remote.RemotePath;
import java.util.List;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The command line's {@code --set path=value}: dots separate keys, list elements are addressed by
 * index, the value is YAML. An empty value removes the setting, so that its default counts again.
 */
final class Overrides {
  private final ConfigTree tree;
  private final List<Problem> problems;

  Overrides(ConfigTree tree, List<Problem> problems) {
    this.tree = tree;
    this.problems = problems;
  }

  void apply(String override) {
    String place = "--set " + Describe.oneLine(RemotePath.masked(override));
    int equals = override.indexOf('=');
    String path = equals < 0 ? "" : override.substring(0, equals).strip();
    if (path.isEmpty()) {
      problems.add(new Problem(place, "", "wanted path=value, such as run.steps=100"));
      return;
    }
    int before = problems.size();
    JsonNode value = YamlReader.value(place, override.substring(equals + 1), problems);
    if (problems.size() > before) {
      return;
    }
    List<String> segments = List.of(path.split("\\.", -1));
    JsonNode node = tree.root();
    JsonPointer at = JsonPointer.empty();
    for (int i = 0; i < segments.size() - 1; i++) {
      JsonPointer child = at.appendProperty(segments.get(i));
      JsonNode next = child(node, segments.get(i), child, place);
      if (next == null) {
        return;
      }
      node = next;
      at = child;
    }
    set(node, segments.get(segments.size() - 1), value, at, place);
  }

  /** Steps into a section or list, making a section where there is nothing yet. */
  private JsonNode child(JsonNode node, String key, JsonPointer at, String place) {
    if (node instanceof ObjectNode object) {
      JsonNode next = object.get(key);
      if (next == null || next.isNull()) {
        next = object.putObject(key);
        tree.replaced(at, place);
      }
      return next;
    }
    if (node instanceof ArrayNode array) {
      int index = index(array, key, at, place);
      return index < 0 ? null : index == array.size() ? append(array, at, place) : array.get(index);
    }
    problems.add(
        new Problem(
            place,
            ConfigTree.dotted(at),
            ConfigTree.dotted(at.head()) + " is " + Describe.value(node) + ", it has no keys"));
    return null;
  }

  private JsonNode append(ArrayNode array, JsonPointer at, String place) {
    tree.replaced(at, place);
    return array.addObject();
  }

  private void set(JsonNode node, String key, JsonNode value, JsonPointer parent, String place) {
    JsonPointer at = parent.appendProperty(key);
    boolean remove = value == null || value.isNull();
    if (node instanceof ObjectNode object) {
      if (remove) {
        object.remove(key);
      } else {
        object.set(key, value);
      }
      tree.replaced(at, place);
    } else if (node instanceof ArrayNode array) {
      int index = index(array, key, at, place);
      if (index < 0) {
        return;
      }
      if (remove) {
        problems.add(
            new Problem(place, ConfigTree.dotted(at), "a list element cannot be left empty"));
      } else if (index == array.size()) {
        array.add(value);
        tree.replaced(at, place);
      } else {
        array.set(index, value);
        tree.replaced(at, place);
      }
    } else {
      child(node, key, at, place);
    }
  }

  /** The index that {@code key} names, one past the end included; -1 after reporting a mistake. */
  private int index(ArrayNode array, String key, JsonPointer at, String place) {
    if (key.matches("[0-9]{1,6}") && Integer.parseInt(key) <= array.size()) {
      return Integer.parseInt(key);
    }
    problems.add(
        new Problem(
            place,
            ConfigTree.dotted(at),
            "got index \""
                + Describe.oneLine(key)
                + "\", wanted 0 to "
                + array.size()
                + " (the list has "
                + array.size()
                + " elements; the last index appends)"));
    return -1;
  }
}
