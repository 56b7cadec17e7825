package ffc.loaders.tar;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Labels as samples have them: a number in a text, or the field {@code label} of a JSON object. */
final class SampleLabel {
  /** Endings of files that may hold one; the first that is there counts. */
  static final List<String> ENDINGS = List.of("cls", "json", "txt");

  /** Larger files are none. */
  static final int MOST_BYTES = 1 << 24;

  private static final JsonFactory JSON = new JsonFactory();

  private SampleLabel() {}

  /**
   * Reads the label of a file.
   *
   * @param ending one of {@link #ENDINGS}
   * @return the label, or -1 if the file is a JSON object without one
   * @throws IOException if it is no number 0, 1, 2, …
   */
  static long of(String ending, ByteBuffer content) throws IOException {
    byte[] bytes = new byte[content.remaining()];
    content.get(bytes);
    if (!ending.equals("json")) {
      return number(new String(bytes, StandardCharsets.UTF_8).strip());
    }
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), bytes)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("wanted a JSON object with the field label");
      }
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String field = parser.currentName();
        JsonToken value = parser.nextToken();
        if (field.equals("label")) {
          return value.isScalarValue() ? number(parser.getString()) : number(value.asString());
        }
        parser.skipChildren();
      }
      return -1;
    } catch (JacksonException e) {
      throw new IOException("is no JSON: " + e.getOriginalMessage().replaceAll("\\s+", " "), e);
    }
  }

  private static long number(String text) throws IOException {
    if (!text.matches("[0-9]{1,13}")) {
      throw new IOException(
          "label is \"%s\", wanted a number 0, 1, 2, …"
              .formatted(
                  (text.length() > 40 ? text.substring(0, 40) + "…" : text)
                      .replaceAll("[\\s\\p{Cntrl}]+", " ")));
    }
    return Long.parseLong(text);
  }
}
