package ffc.runs.report;

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
      JsonNode figures = set.getValue().path("figures");
      for (Map.Entry<String, JsonNode> tar : figures.path("tar_at_far").properties()) {
        if (tar.getKey().matches("1e-[345]") && !figures.has("accuracy_mean")) {
          figure("TAR@FAR " + tar.getKey(), tar.getValue(), set.getKey());
        }
      }
      figure("rank-1", figures.path("rank1"), set.getKey());
      if (figures.has("accuracy_mean")) {
        String spread =
            figures.has("accuracy_std")
                ? Html.format(" ± %.4f", figures.path("accuracy_std").asDouble())
                : "";
        figure("accuracy" + spread, figures.path("accuracy_mean"), set.getKey());
      }
    }
    JsonNode summary = run.summary();
    if (summary.path("images_per_second").isNumber()) {
      tile(
          Html.format("%,.0f", summary.path("images_per_second").asDouble()),
          Figures.IMAGES_PER_SECOND.label(),
          "with loading");
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
        Html.format("%,d images", summary.path("images").asLong(0)));
    if (summary.path("peak_rss_bytes").asLong(0) > 0) {
      tile(
          Html.format("%,.0f MB", summary.path("peak_rss_bytes").asDouble() / 1e6),
          "peak memory",
          Html.format("heap %,.0f MB", summary.path("heap_peak_bytes").asDouble() / 1e6));
    }
    if (summary.path("skipped_steps").asLong(0) > 0) {
      tile(summary.path("skipped_steps").asString(), "steps skipped", "loss was not finite");
    }
    return "<section class=\"tiles\">" + String.join("", tiles) + "</section>\n";
  }

  private void figure(String name, JsonNode value, String set) {
    if (value.isNumber()) {
      tile(Html.format("%.4f", value.asDouble()), name, set);
    }
  }

  private void tile(String value, String name, String note) {
    tiles.add(Html.tile(value, name, note));
  }
}
