package ffc.runs.report;

import ffc.runs.record.Json;
import ffc.runs.record.JsonLines;
import ffc.runs.record.Manifest;
import ffc.runs.record.RunNotes;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The records of a run as they lie on disk; of a run that has not finished, those that are there.
 *
 * @param folder the run directory
 * @param config resolved configuration as text
 * @param manifest empty object if absent or damaged
 * @param summary empty object if absent or damaged
 * @param notes none if absent or damaged
 */
public record RunFiles(
    Path folder,
    String config,
    JsonNode manifest,
    JsonNode summary,
    RunNotes notes,
    List<JsonNode> steps,
    List<JsonNode> evaluations) {

  /**
   * Reads a run directory.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static RunFiles read(Path folder) throws IOException {
    Path config = folder.resolve("config.resolved.yaml");
    if (!Files.exists(config)) {
      throw new IllegalArgumentException(
          folder + " is no run directory (it has no config.resolved.yaml)");
    }
    return new RunFiles(
        folder,
        // Damaged bytes must not keep the figures from being looked at.
        new String(Files.readAllBytes(config), StandardCharsets.UTF_8),
        Manifest.read(folder.resolve("manifest.json")),
        json(folder.resolve("summary.json")),
        RunNotes.of(folder),
        JsonLines.read(folder.resolve("steps.jsonl")),
        JsonLines.read(folder.resolve("evaluations.jsonl")));
  }

  /** A damaged record counts as absent: it must not keep the others from being looked at. */
  private static JsonNode json(Path file) throws IOException {
    if (Files.notExists(file)) {
      return Json.object();
    }
    try {
      return Json.parse(Files.readString(file, StandardCharsets.UTF_8));
    } catch (JacksonException | CharacterCodingException e) {
      return Json.object();
    }
  }

  /** The last evaluation of each set, in the order in which the sets first appeared. */
  public Map<String, JsonNode> latestEvaluations() {
    return new RunCharts(steps, evaluations, manifest).latestEvaluations();
  }

  /** Last completed step that a record tells of; 0 if there is none. */
  public long lastStep() {
    return steps.isEmpty()
        ? summary.path("steps").asLong(0)
        : Math.max(
            summary.path("steps").asLong(0), steps.get(steps.size() - 1).path("step").asLong());
  }
}
