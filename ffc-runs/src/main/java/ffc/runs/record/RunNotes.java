package ffc.runs.record;

import ffc.formats.WholeFile;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What people have written about a run: {@code notes.json} in its folder, which no training reads
 * or writes.
 *
 * @param note a sentence; empty if there is none
 * @param tags words, in alphabetical order
 */
public record RunNotes(String note, List<String> tags) {
  private static final String FILE = "notes.json";
  private static final RunNotes NONE = new RunNotes("", List.of());

  /**
   * Notes as they are kept.
   *
   * @throws IllegalArgumentException if a tag is no word
   */
  public RunNotes {
    note = note.replaceAll("[\\s\\p{Cntrl}]+", " ").strip(); // also what moves a terminal
    for (String tag : tags) {
      if (!tag.matches("[\\p{L}\\p{N}][\\p{L}\\p{N}._+-]*")) {
        throw new IllegalArgumentException(
            "tag: got \"" + tag + "\", wanted a word of letters, digits, '.', '_', '+' and '-'");
      }
    }
    tags = List.copyOf(new TreeSet<>(tags));
  }

  /** Those of a run, for people to read; if its file cannot be read, a note that says so. */
  public static RunNotes of(Path run) throws IOException {
    try {
      return readable(run);
    } catch (IllegalArgumentException e) {
      // It must not keep the figures from being looked at.
      return new RunNotes("(" + FILE + " cannot be read: mend it or delete it)", List.of());
    }
  }

  /**
   * Those of a run that are to be changed.
   *
   * @throws IllegalArgumentException if its file cannot be read, which a change would write over
   */
  public static RunNotes readable(Path run) throws IOException {
    Path file = run.resolve(FILE);
    if (Files.notExists(file)) {
      return NONE;
    }
    try {
      JsonNode json = Json.parse(Files.readString(file, StandardCharsets.UTF_8));
      List<String> tags = new ArrayList<>();
      json.path("tags").forEach(tag -> tags.add(tag.asString("")));
      return new RunNotes(json.path("note").asString(""), tags);
    } catch (JacksonException | CharacterCodingException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          file + ": cannot be read as notes of a run; mend it or delete it", e);
    }
  }

  public RunNotes withNote(String text) {
    return new RunNotes(text, tags);
  }

  public RunNotes withTags(List<String> words) {
    return new RunNotes(note, words);
  }

  /** Puts them into a run's folder; without any there is no file. */
  public void write(Path run) throws IOException {
    Path file = run.resolve(FILE);
    if (equals(NONE)) {
      Files.deleteIfExists(file);
      return;
    }
    ObjectNode json = Json.object();
    json.put("note", note);
    tags.forEach(json.putArray("tags")::add);
    WholeFile.write(file, json.toPrettyString() + "\n");
  }
}
