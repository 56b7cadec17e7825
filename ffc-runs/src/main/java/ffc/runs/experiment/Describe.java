package ffc.runs.experiment;

import tools.jackson.databind.JsonNode;

/** Values and kinds of value in the words of error messages. */
final class Describe {
  private static final int LONGEST = 120;

  private Describe() {}

  static String value(JsonNode node) {
    if (node.isNull() || node.isMissingNode()) {
      return "nothing";
    }
    if (node.isString()) {
      return "the text \"" + oneLine(node.stringValue()) + "\"";
    }
    if (node.isArray()) {
      return node.isEmpty() ? "an empty list" : "a list of " + node.size();
    }
    return node.isObject() ? "a section" : oneLine(node.toString());
  }

  static String kind(String jsonType) {
    return switch (jsonType) {
      case "integer" -> "a whole number";
      case "number" -> "a number";
      case "boolean" -> "true or false";
      case "string" -> "text";
      case "array" -> "a list";
      case "object" -> "a section of keys";
      default -> jsonType;
    };
  }

  /** The text without control characters, cut to a length that fits a line. */
  static String oneLine(String text) {
    String clean = text.replaceAll("\\p{Cntrl}", " ");
    return clean.length() <= LONGEST ? clean : clean.substring(0, LONGEST) + "...";
  }
}
