package ffc.runs.report;

import ffc.eval.roc.EvalFigure;
import ffc.runs.page.Html;
import ffc.runs.record.EvaluationJson;
import ffc.runs.record.Figure;
import ffc.runs.record.Figures;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** The figures at the top of a report. */
final class Headline {
  private final RunFiles run;
  private final List<String> tiles = new ArrayList<>();

  Headline(RunFiles run) {
    this.run = run;
  }

  String html() {
    for (Map.Entry<String, JsonNode> set : run.latestEvaluations().entrySet()) {
      Map<String, Double> figures = EvaluationJson.figures(set.getValue().path("figures"));
      Double deviation = figures.get(EvalFigure.ACCURACY_DEVIATION.path());
      figures.forEach(
          (path, value) -> {
            if (EvalFigure.atAGlance(path)) {
              boolean spread = EvalFigure.ACCURACY.owns(path) && deviation != null;
              tile(
                  Html.format("%.4f", value),
                  EvalFigure.label(path) + (spread ? Html.format(" ± %.4f", deviation) : ""),
                  set.getKey());
            }
          });
    }
    JsonNode summary = run.summary();
    if (summary.path("images_per_second").isNumber()) {
      tile(
          Html.format("%,.0f", summary.path("images_per_second").asDouble()),
          Figures.IMAGES_PER_SECOND.label(),
          "with loading");
    } else if (!run.steps().isEmpty()) {
      tile(
          Html.format("%,.0f", median(Figures.IMAGES_PER_SECOND)),
          Figures.IMAGES_PER_SECOND.label(),
          "median so far");
    }
    JsonNode times = summary.path("step_ms");
    if (times.path("p50").isNumber()) {
      tile(
          Html.format("%.1f ms", times.path("p50").asDouble()),
          "a step",
          Html.format("p99 %.1f ms", times.path("p99").asDouble()));
    }
    tile(
        Html.format("%,d", run.lastStep()),
        "steps",
        summary.path("images").isNumber()
            ? Html.format("%,d images", summary.path("images").asLong())
            : "so far");
    if (summary.path("peak_rss_bytes").asLong(0) > 0) {
      tile(
          Html.format("%,.0f MB", summary.path("peak_rss_bytes").asDouble() / 1e6),
          "peak memory",
          Html.format("heap %,.0f MB", summary.path("heap_peak_bytes").asDouble() / 1e6));
    } else if (!run.steps().isEmpty()) {
      double most = run.steps().stream().mapToDouble(Figures.MEMORY::of).max().getAsDouble();
      tile(Html.format("%,.0f MB", most), "memory", "most so far");
    }
    if (summary.path("skipped_steps").asLong(0) > 0) {
      tile(summary.path("skipped_steps").asString(), "steps skipped", "loss was not finite");
    }
    return "<section class=\"tiles\">" + String.join("", tiles) + "</section>\n";
  }

  private double median(Figure figure) {
    double[] all = run.steps().stream().mapToDouble(figure::of).sorted().toArray();
    return all[all.length / 2];
  }

  private void tile(String value, String name, String note) {
    tiles.add(Html.tile(value, name, note));
  }
}
