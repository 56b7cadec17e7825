package ffc.runs.watch;

import ffc.eval.roc.EvalFigure;
import ffc.runs.page.Html;
import ffc.runs.record.EvaluationJson;
import ffc.runs.record.Figure;
import ffc.runs.record.Figures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** The figures of the moment, at the top of the live page. */
final class LiveTiles {
  private final List<String> tiles = new ArrayList<>();

  private LiveTiles() {}

  static String html(
      long step,
      long toStep,
      double loss,
      double imagesPerSecond,
      long checkpointStep,
      List<JsonNode> steps,
      List<JsonNode> evaluations) {
    LiveTiles tiles = new LiveTiles();
    tiles.add(step, "%,.0f", "steps", Html.format("of %,d", toStep));
    tiles.add(loss, Figures.LOSS, "of the last step");
    tiles.add(imagesPerSecond, Figures.IMAGES_PER_SECOND, "with loading");
    if (!steps.isEmpty()) {
      tiles.report(steps);
    }
    if (checkpointStep > 0) {
      tiles.add(checkpointStep, "%,.0f", "checkpoint", "newest, at step");
    }
    Map<String, JsonNode> latest = new LinkedHashMap<>();
    evaluations.forEach(line -> latest.put(line.path("set").asString(""), line));
    latest.values().forEach(tiles::evaluation);
    return String.join("", tiles.tiles);
  }

  private void report(List<JsonNode> steps) {
    JsonNode last = steps.get(steps.size() - 1);
    add(last, Figures.DATA_WAIT, "share of a step");
    add(last, Figures.MEMORY, "resident");
    add(last, Figures.OCCUPIED, replaced(steps));
    add(last, Figures.LEARNING_RATE, "now");
  }

  private static String replaced(List<JsonNode> steps) {
    if (steps.size() > 1) {
      JsonNode last = steps.get(steps.size() - 1);
      JsonNode before = steps.get(steps.size() - 2);
      double came = Figures.INSERTIONS.of(last) - Figures.INSERTIONS.of(before);
      double rate = came / (number(last, "step") - number(before, "step"));
      if (rate >= 0 && Double.isFinite(rate)) {
        return Html.format("%,.0f replaced a step", rate);
      }
    }
    return "ID group";
  }

  private void evaluation(JsonNode line) {
    String note =
        Html.format("%s, step %,d", line.path("set").asString(""), line.path("step").asLong());
    EvaluationJson.figures(line.path("figures")).entrySet().stream()
        .filter(figure -> EvalFigure.atAGlance(figure.getKey()))
        .findFirst()
        .ifPresent(
            figure -> add(figure.getValue(), "%.4f", EvalFigure.label(figure.getKey()), note));
  }

  private static double number(JsonNode node, String key) {
    return node.path(key).isNumber() ? node.path(key).asDouble() : Double.NaN;
  }

  private void add(JsonNode line, Figure figure, String note) {
    add(figure.of(line), figure, note);
  }

  private void add(double value, Figure figure, String note) {
    add(value, figure.format(), figure.label(), note);
  }

  private void add(double value, String format, String name, String note) {
    if (Double.isFinite(value)) {
      tiles.add(Html.tile(Html.format(format, value), name, note));
    }
  }
}
