package ffc.runs.experiment;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import ffc.loaders.format.DataFormats;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Holds a tree against the schema and says what is wrong in the words of users. */
final class SchemaProblems {
  private final ObjectNode schema;
  private final Schema validator;

  SchemaProblems() {
    schema = ConfigSchema.generate();
    validator =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(schema);
  }

  /**
   * Adds a problem for every violation.
   *
   * @return where the violations are: unknown keys, wrong values, sections with missing keys
   */
  Set<JsonPointer> check(ConfigTree tree, List<Problem> problems) {
    Set<JsonPointer> faulty = new LinkedHashSet<>();
    Set<Problem> found = new LinkedHashSet<>();
    for (Error error : validator.validate(tree.root())) {
      if (found.size() == ConfigException.MOST) {
        break; // each further one would be described, and compared with every known key
      }
      JsonPointer at = JsonPointer.compile(pointer(error));
      switch (error.getKeyword()) {
        case "additionalProperties" -> {
          JsonPointer key = at.appendProperty(error.getProperty());
          faulty.add(key);
          found.add(
              new Problem(
                  tree.keyPlace(key),
                  ConfigTree.dotted(key),
                  unknownKey(error.getProperty(), siblings(error))));
        }
        case "required" -> {
          JsonPointer key = at.appendProperty(error.getProperty());
          faulty.add(key);
          found.add(
              new Problem(
                  tree.keyPlace(key),
                  ConfigTree.dotted(key),
                  "missing" + meaning(siblings(error).path(error.getProperty()))));
        }
        default -> {
          if (faulty.add(at)) { // one line a setting
            found.add(
                new Problem(
                    tree.valuePlace(at),
                    ConfigTree.dotted(at),
                    wrong(error, tree.at(at), open(ConfigTree.dotted(at)))));
          }
        }
      }
    }
    problems.addAll(found);
    return faulty;
  }

  private static String pointer(Error error) {
    String path = error.getInstanceLocation().toString();
    return path.startsWith("$") ? path.substring(1) : path;
  }

  /** The properties that the schema knows where the violated keyword stands. */
  private JsonNode siblings(Error error) {
    String fragment = error.getSchemaLocation().getFragment().toString();
    JsonPointer keyword = JsonPointer.compile(fragment);
    return schema.at(keyword.head()).path("properties");
  }

  private static String unknownKey(String key, JsonNode known) {
    List<String> names = List.copyOf(known.propertyNames());
    return Nearest.to(key, names)
        .map(name -> "unknown key; did you mean " + name + "?")
        .orElse("unknown key; known here: " + String.join(", ", names));
  }

  private String meaning(JsonNode property) {
    JsonNode target =
        property.has("$ref")
            ? schema.at(property.path("$ref").stringValue().substring(1))
            : property;
    String text = property.path("description").asString("");
    return text.isEmpty() ? "; wanted " + wanted(target) : "; wanted: " + text;
  }

  private static String wanted(JsonNode target) {
    return Describe.kind(target.path("type").asString("a value"));
  }

  /** What to add where the table of known names is open to others. */
  private static String open(String setting) {
    return setting.equals("method.type")
            || setting.matches("(data\\.train|evaluate\\.\\d+)\\.format")
        ? DataFormats.others()
        : "";
  }

  private static String wrong(Error error, JsonNode value, String others) {
    String got = "got " + Describe.value(value) + ", wanted ";
    JsonNode keyword = error.getSchemaNode();
    return switch (error.getKeyword()) {
      case "type" -> got + kinds(keyword) + decimalComma(value) + lonely(keyword, value);
      case "enum" -> got + choice(value, keyword) + others;
      case "minimum" -> got + "at least " + number(keyword);
      case "exclusiveMinimum" -> got + "more than " + number(keyword);
      case "maximum" -> got + "at most " + number(keyword);
      case "exclusiveMaximum" -> got + "less than " + number(keyword);
      case "minItems" -> got + "at least " + keyword + " elements";
      case "maxItems" -> got + "at most " + keyword + " elements";
      case "minLength" -> got + "some text, or no such line for the default";
      case "pattern" ->
          got + "text that matches " + keyword.stringValue().replaceAll("^\\^\\(\\?:|\\)\\$$", "");
      default -> got + Describe.oneLine(error.getMessage());
    };
  }

  private static String lonely(JsonNode wanted, JsonNode value) {
    return wanted.isString()
            && wanted.stringValue().equals("array")
            && value.isString()
            && value.stringValue().matches("[\\w.]+(, *[\\w.]+)*")
        ? ": [" + value.stringValue() + "]"
        : "";
  }

  private static String decimalComma(JsonNode value) {
    return value.isString() && value.stringValue().matches("-?\\d+,\\d+")
        ? "; with a point: " + value.stringValue().replace(',', '.')
        : "";
  }

  private static String kinds(JsonNode keyword) {
    List<String> kinds = new ArrayList<>();
    (keyword instanceof ArrayNode ? keyword : List.of(keyword))
        .forEach(kind -> kinds.add(Describe.kind(kind.stringValue())));
    return String.join(" or ", kinds);
  }

  private static String choice(JsonNode value, JsonNode keyword) {
    List<String> names = new ArrayList<>();
    keyword.forEach(name -> names.add(name.stringValue()));
    String one = names.size() == 1 ? names.get(0) : "one of " + String.join(", ", names);
    return one
        + (value.isString() ? Nearest.to(value.stringValue(), names) : Optional.<String>empty())
            .map(name -> "; did you mean " + name + "?")
            .orElse("");
  }

  private static String number(JsonNode keyword) {
    return keyword.asString();
  }
}
