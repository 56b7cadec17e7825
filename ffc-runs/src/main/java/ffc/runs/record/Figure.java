package ffc.runs.record;

import tools.jackson.databind.JsonNode;

/**
 * A figure of the steps of a run, and how people read it.
 *
 * @param name its key in a line of {@code steps.jsonl}, there or among the {@code statistics}; with
 *     {@code ffc_} before it the name of its metric
 * @param label what it is called in legends, tiles and tables
 * @param help what it is, in a few words
 * @param format of one value, with its unit, after the factor
 * @param factor from the recorded unit to the shown one
 * @param counts whether it counts since the run began: its rate per step is drawn
 */
public record Figure(
    String name, String label, String help, String format, double factor, boolean counts) {

  /** Its value in a line of {@code steps.jsonl} in the shown unit; NaN if there is none. */
  public double of(JsonNode line) {
    JsonNode value = line.has(name) ? line.path(name) : line.path("statistics").path(name);
    return value.isNumber() ? value.asDouble() * factor : Double.NaN;
  }
}
