package ffc.runs.experiment;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Environment variables in texts of an experiment, {@code path: ${FFC_GLYPH_DEV}/train.rec}: where
 * data lies is a matter of the machine, not of the experiment.
 */
final class Variables {
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)\\}");
  private static final Pattern UNSET =
      Pattern.compile("environment variable (\\w+) is not set; .*");

  private final UnaryOperator<String> environment;
  private final boolean required;

  /**
   * @param environment value of a variable, null if it is not set
   * @param required whether a variable without a value is a mistake; else its text stays
   */
  Variables(UnaryOperator<String> environment, boolean required) {
    this.environment = environment;
    this.required = required;
  }

  private static String unset(List<String> names) {
    String first = names.get(0);
    return names.size() == 1
        ? "environment variable " + first + " is not set; export " + first + "=<value>"
        : "environment variables "
            + String.join(", ", names)
            + " are not set; export each (export "
            + first
            + "=<value>), or leave away what needs them";
  }

  /**
   * Variables without a value as one mistake, where the first is needed: several data sets each
   * have some, in several places.
   */
  static List<Problem> together(List<Problem> problems) {
    Set<String> names = new LinkedHashSet<>();
    for (Problem problem : problems) {
      Matcher matcher = UNSET.matcher(problem.message());
      if (matcher.matches()) {
        names.add(matcher.group(1));
      }
    }
    List<Problem> told = new ArrayList<>();
    boolean first = true;
    for (Problem problem : problems) {
      if (!UNSET.matcher(problem.message()).matches()) {
        told.add(problem);
      } else if (first) {
        told.add(new Problem(problem.place(), problem.path(), unset(List.copyOf(names))));
        first = false;
      }
    }
    return told;
  }

  /** Replaces all variables of a tree, in place; returns the settings that lack one. */
  Set<JsonPointer> expand(ConfigTree tree, List<Problem> problems) {
    Set<JsonPointer> unset = new HashSet<>();
    expand(
        tree.root(),
        JsonPointer.empty(),
        (at, problem) -> {
          unset.add(at);
          problems.add(new Problem(tree.valuePlace(at), ConfigTree.dotted(at), problem));
        });
    return unset;
  }

  private void expand(JsonNode node, JsonPointer at, BiConsumer<JsonPointer, String> problems) {
    if (node instanceof ObjectNode object) {
      for (String key : List.copyOf(object.propertyNames())) {
        JsonPointer child = at.appendProperty(key);
        if (object.get(key).isString()) {
          object.put(key, text(object.get(key).stringValue(), child, problems));
        } else {
          expand(object.get(key), child, problems);
        }
      }
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        JsonPointer child = at.appendIndex(i);
        if (array.get(i).isString()) {
          array.set(i, text(array.get(i).stringValue(), child, problems));
        } else {
          expand(array.get(i), child, problems);
        }
      }
    }
  }

  private String text(String text, JsonPointer at, BiConsumer<JsonPointer, String> problems) {
    Matcher matcher = VARIABLE.matcher(text);
    StringBuilder expanded = new StringBuilder();
    while (matcher.find()) {
      String name = matcher.group(1);
      String value = environment.apply(name);
      if (value == null && required) {
        problems.accept(at, unset(List.of(name)));
      }
      matcher.appendReplacement(
          expanded, Matcher.quoteReplacement(value == null ? matcher.group() : value));
    }
    return matcher.appendTail(expanded).toString();
  }
}
