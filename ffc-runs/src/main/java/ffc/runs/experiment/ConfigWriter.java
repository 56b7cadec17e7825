package ffc.runs.experiment;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/**
 * Writes an experiment with every default spelled out, so that it loads back identically; the
 * cluster's secret as a reference to the environment.
 */
public final class ConfigWriter {
  private static final YAMLMapper MAPPER =
      YAMLMapper.builder()
          .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
          .enable(YAMLWriteFeature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
          .disable(YAMLWriteFeature.SPLIT_LINES)
          .changeDefaultPropertyInclusion(
              inclusion -> inclusion.withValueInclusion(JsonInclude.Include.NON_NULL))
          .build();

  private ConfigWriter() {}

  /**
   * Every setting with its value by dotted path, lists of plain values being one setting; in the
   * order of the file.
   */
  public static Map<String, String> flat(Experiment experiment) {
    Map<String, String> settings = new LinkedHashMap<>();
    flatten("", tree(experiment), settings);
    return settings;
  }

  private static void flatten(String path, JsonNode node, Map<String, String> settings) {
    if (node.isObject()) {
      node.properties()
          .forEach(
              child ->
                  flatten(
                      path.isEmpty() ? child.getKey() : path + "." + child.getKey(),
                      child.getValue(),
                      settings));
    } else if (node.isArray() && !node.isEmpty() && node.get(0).isObject()) {
      for (int i = 0; i < node.size(); i++) {
        flatten(path + "." + i, node.get(i), settings);
      }
    } else {
      settings.put(path, node.isString() ? node.stringValue() : node.toString());
    }
  }

  /** The experiment as YAML; settings without a value (no clipping, say) are left out. */
  public static String yaml(Experiment experiment) {
    return MAPPER.writeValueAsString(tree(experiment));
  }

  /** As {@link #yaml} for reading it back in this process only. */
  static String yamlWithSecret(Experiment experiment) {
    return MAPPER.writeValueAsString((JsonNode) MAPPER.valueToTree(experiment));
  }

  private static JsonNode tree(Experiment experiment) {
    JsonNode tree = MAPPER.valueToTree(experiment);
    if (tree.path("cluster").path("secret").isString()) {
      ((ObjectNode) tree.get("cluster")).put("secret", Secrets.REFERENCE);
    }
    return tree;
  }
}
