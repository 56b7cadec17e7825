package ffc.cli.record;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A file of one JSON object a line, each with the {@code step} it belongs to. A line reaches the
 * file in one write; what a killed process left half-written is dropped when the file is reopened.
 */
public final class JsonLines implements Closeable {
  private final FileChannel out;

  private JsonLines(FileChannel out) {
    this.out = out;
  }

  /**
   * Opens the file for the steps after {@code step}: lines of later steps are cut off, as the
   * resumed run writes them again.
   */
  static JsonLines after(Path file, long step) throws IOException {
    StringBuilder kept = new StringBuilder();
    for (JsonNode line : read(file)) {
      if (line.path("step").asLong() <= step) {
        kept.append(line).append('\n');
      }
    }
    WholeFile.write(file, kept.toString());
    return new JsonLines(
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND));
  }

  /** The lines of a file, as far as they are whole; none if there is no file. */
  public static List<JsonNode> read(Path file) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    if (Files.notExists(file)) {
      return lines;
    }
    for (String line : Files.readString(file, StandardCharsets.UTF_8).split("\n", -1)) {
      whole(line).ifPresent(lines::add);
    }
    return lines;
  }

  /** The object of a line; empty if a kill tore it, as its step is computed again. */
  private static Optional<JsonNode> whole(String line) {
    try {
      return line.isBlank()
          ? Optional.empty()
          : Optional.of(Json.parse(line)).filter(JsonNode::isObject);
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }

  void append(ObjectNode line) throws IOException {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(line + "\n");
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }

  void force() throws IOException {
    out.force(false);
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
