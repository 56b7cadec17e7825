package ffc.runs.compare;

import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.ConfigWriter;
import ffc.runs.experiment.Experiment;
import ffc.runs.experiment.Trial;
import ffc.runs.record.RunDirectory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The experiment of a cell: that of the comparison with the cell's method, seed and classes. */
public final class CellConfig {
  private static final YAMLMapper MAPPER = YAMLMapper.builder().build();

  private CellConfig() {}

  /**
   * The cell's experiment file.
   *
   * @param data replaces the path of the training set after {@code {classes}} is filled in
   */
  public static String yaml(Comparison comparison, Cell cell, UnaryOperator<String> data) {
    ObjectNode tree = comparison.experiment().deepCopy();
    tree.put("name", cell.folder());
    tree.put("seed", cell.seed());
    tree.set("method", cell.contender().method().deepCopy());
    cell.dataset().set().forEach((path, value) -> set(tree, path, MAPPER.valueToTree(value)));
    cell.contender().set().forEach((path, value) -> set(tree, path, MAPPER.valueToTree(value)));
    cell.dataset()
        .of(cell.contender())
        .forEach((path, value) -> set(tree, path, MAPPER.valueToTree(value)));
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
  public static Experiment experiment(Comparison comparison, Cell cell, boolean machine) {
    return experiment(comparison, cell, path -> path, machine);
  }

  /** The same, {@code data} replacing the path of the training set. */
  public static Experiment experiment(
      Comparison comparison, Cell cell, UnaryOperator<String> data, boolean machine) {
    return new ConfigLoader(Trial.fromEnvironment(), line -> {})
        .parse(
            comparison.name() + " (" + cell.folder() + ")",
            yaml(comparison, cell, data).getBytes(StandardCharsets.UTF_8),
            List.of(),
            machine);
  }

  /**
   * In what the run of a cell, finished or not, was made otherwise than {@code now} says. Threads
   * that nobody set are those of the machine and make no difference.
   *
   * @param run its run directory
   * @return one line a setting; empty if its figures are those of the present comparison
   */
  static List<String> differences(Path run, Experiment now, boolean threadsAreSet) {
    Experiment then;
    try {
      then = RunDirectory.config(run);
    } catch (IllegalArgumentException e) {
      return List.of(e.getMessage().lines().findFirst().orElse("no settings of the run"));
    }
    Map<String, String> before = ConfigWriter.flat(then);
    Map<String, String> after = ConfigWriter.flat(now);
    Set<String> paths = new TreeSet<>(before.keySet());
    paths.addAll(after.keySet());
    if (!threadsAreSet) {
      paths.remove("run.threads");
    }
    List<String> lines = new ArrayList<>();
    // Whose steps differ is a trial, or no trial, first of all.
    List<String> ordered = new ArrayList<>(paths);
    ordered.sort(Comparator.comparing(path -> !path.equals("run.steps")));
    for (String path : ordered) {
      String was = before.getOrDefault(path, "nothing");
      String is = after.getOrDefault(path, "nothing");
      if (!was.equals(is)) {
        lines.add(path + ": it has " + was + ", the comparison says " + is);
      }
    }
    return lines;
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
