package ffc.cli.compare;

import ffc.cli.config.ConfigLoader;
import ffc.cli.config.Experiment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The experiment of a cell: that of the comparison with the cell's method, seed and classes. */
final class CellConfig {
  private static final YAMLMapper MAPPER = YAMLMapper.builder().build();

  private CellConfig() {}

  /**
   * The cell's experiment file.
   *
   * @param data replaces the path of the training set after {@code {classes}} is filled in
   */
  static String yaml(Comparison comparison, Cell cell, UnaryOperator<String> data) {
    ObjectNode tree = comparison.experiment().deepCopy();
    tree.put("name", cell.folder());
    tree.put("seed", cell.seed());
    tree.set("method", cell.contender().method().deepCopy());
    for (Map.Entry<String, Object> setting : cell.contender().set().entrySet()) {
      set(tree, setting.getKey(), MAPPER.valueToTree(setting.getValue()));
    }
    if (cell.classes() != Comparison.AS_IS) {
      fill(tree, Long.toString(cell.classes()));
    }
    if (tree.path("data").path("train") instanceof ObjectNode train && train.has("path")) {
      train.put("path", data.apply(train.get("path").asString()));
    }
    return MAPPER.writeValueAsString(tree);
  }

  /**
   * The cell's experiment, checked.
   *
   * @param machine whether the files that it names must be here
   */
  static Experiment experiment(Comparison comparison, Cell cell, boolean machine) {
    return new ConfigLoader()
        .parse(
            comparison.name() + " (" + cell.folder() + ")",
            yaml(comparison, cell, path -> path).getBytes(StandardCharsets.UTF_8),
            List.of(),
            machine);
  }

  private static void set(ObjectNode tree, String path, JsonNode value) {
    String[] keys = path.split("\\.");
    ObjectNode node = tree;
    for (int i = 0; i < keys.length - 1; i++) {
      node = node.path(keys[i]) instanceof ObjectNode child ? child : node.putObject(keys[i]);
    }
    node.set(keys[keys.length - 1], value);
  }

  private static void fill(JsonNode node, String classes) {
    if (node instanceof ObjectNode object) {
      for (String key : List.copyOf(object.propertyNames())) {
        JsonNode child = object.get(key);
        if (child.isString()) {
          object.put(key, child.stringValue().replace("{classes}", classes));
        } else {
          fill(child, classes);
        }
      }
    } else if (node instanceof ArrayNode array) {
      array.forEach(child -> fill(child, classes));
    }
  }
}
