package ffc.runs.record;

import ffc.formats.FileProblem;
import ffc.formats.WholeFile;
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
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A file of one JSON object a line, each with the {@code step} it belongs to. A line reaches the
 * file in one write; what a killed process left half-written is dropped when the file is reopened.
 */
public final class JsonLines implements Closeable {
  private final Path file;
  private final FileChannel out;

  private JsonLines(Path file, FileChannel out) {
    this.file = file;
    this.out = out;
  }

  /**
   * What is in a file.
   *
   * @param lines the objects, in order
   * @param damaged text of the lines that are none, a torn last one left out
   */
  private record Content(List<JsonNode> lines, List<String> damaged) {}

  /**
   * Opens the file for the steps after {@code step}. Lines of later steps and damaged ones are
   * moved away, as the resumed run writes its own.
   *
   * @param aside folder that a file of the same name gets them in; made if there are any
   * @param moved told what was moved, in words, if anything was
   */
  static JsonLines after(Path file, long step, Path aside, Consumer<String> moved)
      throws IOException {
    Content content = content(file);
    StringBuilder kept = new StringBuilder();
    StringBuilder away = new StringBuilder();
    long later = 0;
    for (JsonNode line : content.lines()) {
      boolean keep = line.path("step").asLong(Long.MAX_VALUE) <= step;
      (keep ? kept : away).append(line).append('\n');
      later += keep ? 0 : 1;
    }
    content.damaged().forEach(line -> away.append(line).append('\n'));
    if (!away.isEmpty()) {
      Files.createDirectories(aside);
      WholeFile.write(aside.resolve(file.getFileName().toString()), away.toString());
      int damaged = content.damaged().size();
      moved.accept(
          (later > 0 ? later + " later" : "")
              + (later > 0 && damaged > 0 ? " and " : "")
              + (damaged > 0 ? damaged + " damaged" : "")
              + (later + damaged == 1 ? " line of " : " lines of ")
              + file.getFileName());
    }
    WholeFile.write(file, kept.toString());
    try {
      return new JsonLines(
          file, FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND));
    } catch (IOException e) {
      throw FileProblem.writing(file, e);
    }
  }

  /** The lines of a file, as far as they are whole; none if there is no file. */
  public static List<JsonNode> read(Path file) throws IOException {
    return content(file).lines();
  }

  private static Content content(Path file) throws IOException {
    Content content = new Content(new ArrayList<>(), new ArrayList<>());
    if (Files.notExists(file)) {
      return content;
    }
    // Bytes that are no UTF-8 damage their line, not the file.
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    String[] lines = text.split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      Optional<JsonNode> whole = whole(lines[i]);
      if (whole.isPresent()) {
        content.lines().add(whole.get());
      } else if (i < lines.length - 1 && !lines[i].isBlank()) {
        content.damaged().add(lines[i]); // not the last line, which a kill may tear
      }
    }
    return content;
  }

  /** The object of a line; empty if it is none. */
  private static Optional<JsonNode> whole(String line) {
    try {
      return line.isBlank()
          ? Optional.empty()
          : Optional.of(Json.parse(line))
              .filter(JsonNode::isObject)
              .filter(object -> object.path("step").canConvertToLong());
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }

  void append(ObjectNode line) throws IOException {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(line + "\n");
    try {
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
    } catch (IOException e) {
      throw FileProblem.writing(file, e);
    }
  }

  void force() throws IOException {
    try {
      out.force(false);
    } catch (IOException e) {
      throw FileProblem.writing(file, e);
    }
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
