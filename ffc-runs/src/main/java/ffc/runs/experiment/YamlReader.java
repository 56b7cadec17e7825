package ffc.runs.experiment;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonPointer;
import tools.jackson.core.JsonToken;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLParser;

/**
 * Reads the plain part of YAML (mappings, lists, scalars) with the place of every key and value.
 * Aliases, tags, several documents and duplicate keys are mistakes.
 */
final class YamlReader {
  private static final int MAX_BYTES = 1 << 20;
  private static final int MAX_DEPTH = 32;

  private static final YAMLMapper MAPPER = YAMLMapper.builder().build();

  private final String label;
  private final boolean located;
  private final List<Problem> problems;
  private ConfigTree tree;

  private YamlReader(String label, boolean located, List<Problem> problems) {
    this.label = label;
    this.located = located;
    this.problems = problems;
  }

  /**
   * Reads a file's bytes.
   *
   * @return the tree; empty where the text could not be read, the reason being in {@code problems}
   */
  static ConfigTree read(String label, byte[] bytes, List<Problem> problems) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    YamlReader reader = new YamlReader(label, true, problems);
    reader.tree = new ConfigTree(label, nodes.objectNode());
    if (bytes.length > MAX_BYTES) {
      reader.problem(
          label,
          "is no experiment, which is a text of YAML: it has %,d bytes, wanted at most %,d"
              .formatted(bytes.length, MAX_BYTES));
      return reader.tree;
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      reader.problem(label, "the file is not UTF-8 text");
      return reader.tree;
    }
    JsonNode value = reader.document(text);
    if (value instanceof ObjectNode object) {
      reader.tree.root().setAll(object);
    } else if (problems.isEmpty()) {
      reader.problem(
          label + ":1:1",
          value == null
              ? "the file is empty, wanted an experiment (name, data, model, method, ...)"
              : "got " + Describe.value(value) + ", wanted key: value lines");
    }
    return reader.tree;
  }

  /**
   * Reads one value, as the command line gives it.
   *
   * @return the value; null for an empty text or if it could not be read
   */
  static JsonNode value(String label, String text, List<Problem> problems) {
    YamlReader reader = new YamlReader(label, false, problems);
    reader.tree = new ConfigTree(label, JsonNodeFactory.instance.objectNode());
    return reader.document(text);
  }

  private JsonNode document(String text) {
    try (JsonParser parser = MAPPER.createParser(text)) {
      if (parser.nextToken() == null) {
        return null;
      }
      JsonNode value = value((YAMLParser) parser, JsonPointer.empty(), 0);
      if (value != null && parser.nextToken() != null) {
        problem(place(parser.currentTokenLocation()), "more than one YAML document");
      }
      return value;
    } catch (JacksonException e) {
      problem(place(e.getLocation()), "not valid YAML: " + reason(e.getOriginalMessage()));
    } catch (RuntimeException e) {
      // The scanner below Jackson throws exceptions of its own on some malformed escapes.
      problem(label, "not valid YAML: " + reason(String.valueOf(e.getMessage())));
    }
    return null;
  }

  private JsonNode value(YAMLParser parser, JsonPointer at, int depth) {
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException("nested more than " + MAX_DEPTH + " levels deep");
    }
    rejectReferences(parser, at);
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    JsonToken token = parser.currentToken();
    return switch (token) {
      case START_OBJECT -> object(parser, at, depth);
      case START_ARRAY -> array(parser, at, depth);
      case VALUE_NUMBER_INT ->
          switch (parser.getNumberType()) {
            case INT -> nodes.numberNode(parser.getIntValue());
            case LONG -> nodes.numberNode(parser.getLongValue());
            default -> nodes.numberNode(parser.getBigIntegerValue());
          };
      case VALUE_NUMBER_FLOAT -> real(parser, at);
      case VALUE_TRUE, VALUE_FALSE -> nodes.booleanNode(token == JsonToken.VALUE_TRUE);
      case VALUE_NULL -> nodes.nullNode();
      default -> nodes.stringNode(parser.getString());
    };
  }

  private ArrayNode array(YAMLParser parser, JsonPointer at, int depth) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      JsonPointer child = at.appendIndex(array.size());
      String place = place(parser.currentTokenLocation());
      tree.place(child, place, place);
      array.add(value(parser, child, depth + 1));
    }
    return array;
  }

  private JsonNode real(YAMLParser parser, JsonPointer at) {
    double number = parser.getDoubleValue();
    if (!Double.isFinite(number)) {
      problem(
          place(parser.currentTokenLocation()),
          ConfigTree.dotted(at),
          "got " + parser.getString() + ", wanted a finite number");
      return JsonNodeFactory.instance.numberNode(0.0);
    }
    if (number != Math.rint(number)) {
      return JsonNodeFactory.instance.numberNode(number);
    }
    // 1e5 steps are 100000 steps, wherever a whole number is wanted.
    return Math.abs(number) < 0x1p63
        ? JsonNodeFactory.instance.numberNode((long) number)
        : JsonNodeFactory.instance.numberNode(new BigDecimal(number).toBigInteger());
  }

  private ObjectNode object(YAMLParser parser, JsonPointer at, int depth) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    String before = null;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      String keyPlace = place(parser.currentTokenLocation());
      parser.nextToken();
      JsonPointer child = at.appendProperty(key);
      if (object.has(key)) {
        problem(
            keyPlace,
            ConfigTree.dotted(child),
            "the key stands twice, first at " + tree.keyPlace(child));
        value(parser, child, depth + 1);
        continue;
      }
      if (isDecimalComma(object, before, key, parser.currentToken())) {
        String whole = object.get(before).asString();
        problem(
            tree.valuePlace(at.appendProperty(before)),
            ConfigTree.dotted(at.appendProperty(before)),
            "got %s,%s, where the comma begins another setting; wanted a point: %s.%s"
                .formatted(whole, key, whole, key));
        object.put(before, Double.parseDouble(whole + "." + key)); // one mistake is one line
        continue;
      }
      tree.place(child, keyPlace, place(parser.currentTokenLocation()));
      object.set(key, value(parser, child, depth + 1));
      before = key;
    }
    return object;
  }

  /** Whether digits stand where a key should, behind a whole number: {@code {margin: 0,5}}. */
  private static boolean isDecimalComma(
      ObjectNode object, String before, String key, JsonToken value) {
    return before != null
        && value == JsonToken.VALUE_NULL
        && key.matches("\\d+")
        && object.get(before).isIntegralNumber();
  }

  private void rejectReferences(YAMLParser parser, JsonPointer at) {
    String what =
        parser.isCurrentAlias()
            ? "an alias (*name)"
            : parser.getTypeId() != null ? "a tag (!name)" : null;
    if (what != null) {
      problem(
          place(parser.currentTokenLocation()),
          ConfigTree.dotted(at),
          "got " + what + ", wanted the value itself");
    }
  }

  private void problem(String place, String message) {
    problem(place, "", message);
  }

  private void problem(String place, String path, String message) {
    problems.add(new Problem(place, path, message));
  }

  private String place(TokenStreamLocation location) {
    return located && location != null && location.getLineNr() > 0
        ? label + ":" + location.getLineNr() + ":" + Math.max(1, location.getColumnNr())
        : label;
  }

  /** The scanner's message without the excerpt of the text that it quotes on indented lines. */
  private static String reason(String text) {
    return Describe.oneLine(
        String.join(
            ": ", text.lines().filter(line -> !line.isBlank() && !line.startsWith(" ")).toList()));
  }
}
