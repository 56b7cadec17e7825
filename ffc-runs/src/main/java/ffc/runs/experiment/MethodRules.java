package ffc.runs.experiment;

import ffc.core.loss.MarginConfig;
import ffc.core.method.SettingCheck;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;

/** What must hold within section {@code method}. */
final class MethodRules {
  private static final String MARGIN = "method.margin";

  /**
   * Settings of margin families, with what configs resolved by earlier versions say of foreign
   * ones.
   */
  private static final Map<String, Double> FOREIGN =
      Map.of("margin", 0.4, "m1", 1.0, "m2", 0.3, "m3", 0.2, "t", 1.2);

  private final Experiment experiment;
  private final ConfigTree tree;
  private final Rules rules;

  MethodRules(Experiment experiment, ConfigTree tree, Rules rules) {
    this.experiment = experiment;
    this.tree = tree;
    this.rules = rules;
  }

  void check() {
    if (experiment.method() != null) { // null where the section itself is wrong
      experiment.method().checks(experiment).forEach(this::check);
    }
    JsonNode margin = tree.at(pointer(MARGIN));
    if (margin.isObject()) {
      margin(margin);
    }
  }

  private void check(SettingCheck check) {
    rules.rule(
        check.setting(),
        check.known().isEmpty()
            ? check.mistake()
            : () -> unknown(check.mistake().get(), check.known()),
        check.reads().toArray(String[]::new));
  }

  private static String unknown(String text, List<String> known) {
    return known.contains(text)
        ? null
        : "got the text \""
            + Describe.oneLine(text)
            + "\", wanted "
            + String.join(" or ", known)
            + Nearest.to(text, known).map(n -> "; did you mean " + n + "?").orElse("");
  }

  /** Types and bounds are the schema's, as for any setting; what is left is whose they are. */
  private void margin(JsonNode given) {
    String path = MARGIN + ".type";
    List<String> names = new ArrayList<>(given.propertyNames());
    names.removeAll(List.of("type", "scale"));
    for (String name : names) {
      rules.rule(
          MARGIN + "." + name,
          () -> {
            String type = given.path("type").asString("");
            String family = type.isEmpty() ? MarginConfig.STANDARD : type;
            List<String> settings = MarginConfig.settings(family);
            if (settings.contains(name) || isResolved(given, settings)) {
              return null;
            }
            return "margin "
                + family
                + " has no such setting; "
                + (settings.isEmpty()
                    ? "it has none but scale"
                    : "it has " + String.join(", ", settings) + " and scale")
                + "; leave it out";
          },
          path);
    }
  }

  /** Earlier versions spelled out the settings of every family in config.resolved.yaml. */
  private static boolean isResolved(JsonNode margin, List<String> settings) {
    return FOREIGN.entrySet().stream()
        .allMatch(
            setting ->
                settings.contains(setting.getKey())
                    ? margin.has(setting.getKey())
                    : margin.path(setting.getKey()).asDouble(Double.NaN) == setting.getValue());
  }

  private static JsonPointer pointer(String dotted) {
    return ConfigTree.pointer(List.of(dotted.split("\\.")));
  }
}
