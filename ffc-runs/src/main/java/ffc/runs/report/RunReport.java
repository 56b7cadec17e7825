package ffc.runs.report;

import ffc.runs.record.WholeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import tools.jackson.databind.JsonNode;

/** {@code report.html}: what a run did, from its records. */
public final class RunReport {
  private final RunFiles run;
  private final Pictures pictures;

  /**
   * @param run the records
   * @param pictures images of the evaluation sets
   */
  public RunReport(RunFiles run, Pictures pictures) {
    this.run = run;
    this.pictures = pictures;
  }

  /** Writes the report into the run directory and returns its path. */
  public Path write() throws IOException {
    Path file = run.folder().resolve("report.html");
    WholeFile.write(file, html());
    return file;
  }

  String html() {
    String name = configValue("name");
    StringBuilder body = new StringBuilder("<main><header><h1>");
    body.append(Html.escape(name)).append("</h1><p>").append(subtitle()).append("</p></header>\n");
    body.append(new Headline(run).html());
    List<String> cards = new ArrayList<>();
    run.latestEvaluations()
        .forEach(
            (set, latest) -> {
              cards.addAll(new EvaluationCards(set, latest).html());
              cards.add(course(set));
            });
    cards.add(results());
    section(body, "Accuracy", cards);
    NeighbourTable neighbours = new NeighbourTable(pictures);
    run.latestEvaluations().values().forEach(e -> body.append(neighbours.html(e)));
    charts(body, "Training", training());
    charts(body, "ID group", group());
    charts(body, "Machine", machine());
    charts(body, "Other figures", otherStatistics());
    body.append(new Facts(run).html());
    return Html.page(name + " – FFC run", body.append("</main>\n").toString());
  }

  private String subtitle() {
    JsonNode summary = run.summary();
    String state =
        summary.isEmpty()
            ? "in progress"
            : summary.path("finished").asBoolean(true) ? "finished" : "interrupted";
    return Html.escape(
        "method " + configValue("type") + ", " + state + " at step " + run.lastStep());
  }

  /** First value of a key in the resolved config, where {@code method} has the first type. */
  private String configValue(String key) {
    return run.config()
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith(key + ": "))
        .map(line -> line.substring(key.length() + 2).replace("\"", ""))
        .findFirst()
        .orElse(run.folder().getFileName().toString());
  }

  private static void charts(StringBuilder body, String title, List<Chart> charts) {
    section(
        body, title, charts.stream().filter(chart -> !chart.isEmpty()).map(Chart::html).toList());
  }

  private static void section(StringBuilder body, String title, List<String> cards) {
    List<String> shown = cards.stream().filter(card -> !card.isEmpty()).toList();
    if (!shown.isEmpty()) {
      body.append("<h2>").append(title).append("</h2><div class=\"grid\">\n");
      shown.forEach(body::append);
      body.append("</div>\n");
    }
  }

  /** Every figure of the last evaluations, with the flags that decide them. */
  private String results() {
    if (run.evaluations().isEmpty()) {
      return "";
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("set", "figure", "value"));
    run.latestEvaluations()
        .forEach(
            (set, line) -> {
              String flags =
                  Html.format(
                      "%s (step %d, %,d images%s)",
                      set,
                      line.path("step").asLong(),
                      line.path("images").asLong(),
                      line.path("flip").asBoolean(false) ? ", flip test" : "");
              for (Map.Entry<String, Double> f : flatten("", line.path("figures")).entrySet()) {
                rows.add(
                    List.of(
                        flags, f.getKey().replace('_', ' '), Html.format("%.4f", f.getValue())));
                flags = "";
              }
            });
    return "<section class=\"card\"><h3>Results</h3><p>last evaluation of each set</p>"
        + TextTable.html(rows)
        + "</section>";
  }

  private List<Chart> training() {
    return List.of(
        Chart.overSteps("Loss", "of the reported steps, and its terms", losses(), true),
        Chart.overSteps("Learning rate", "", List.of(field("rate", "learning_rate", 1)), true),
        Chart.overSteps(
            "Gradient norm", "before clipping", List.of(field("norm", "gradient_norm", 1)), true),
        Chart.overSteps(
            "Probe and gallery",
            "mean cosine between the two networks' embeddings of one identity",
            List.of(statistic("cosine", "probe_gallery_cosine")),
            false));
  }

  private List<Chart> group() {
    return List.of(
        Chart.overSteps(
            "Samples that meet their identity in the group",
            "share of existing IDs, by loader; the rest are fresh",
            List.of(
                statistic("ID loader", "existing_share_id_loader"),
                statistic("instance loader", "existing_share_instance_loader")),
            true),
        Chart.overSteps(
            "Occupancy", "slots in use", List.of(statistic("occupied", "group_occupied")), true),
        Chart.overSteps(
            "Traffic",
            "images per step whose identity was there (hits), came in, went out",
            List.of(
                rate("hits", "group_hits"),
                rate("came in", "group_insertions"),
                rate("went out", "group_evictions")),
            true),
        Chart.overSteps(
            "Slot age",
            "steps since a slot was last written",
            List.of(statistic("mean", "group_age_mean"), statistic("largest", "group_age_max")),
            true));
  }

  private List<Chart> machine() {
    return List.of(
        Chart.overSteps(
            "Throughput",
            "images per second",
            List.of(field("images/s", "images_per_second", 1)),
            true),
        Chart.overSteps(
            "Waiting for data",
            "share of the time of a step, in percent",
            List.of(field("data wait", "data_wait_share", 100)),
            true),
        Chart.overSteps(
            "Memory", "resident, in MB", List.of(field("resident", "rss_bytes", 1e-6)), true));
  }

  private List<Series> losses() {
    List<Series> series = new ArrayList<>();
    series.add(field("loss", "loss", 1));
    Set<String> terms = names("terms");
    if (terms.size() > 1) {
      terms.forEach(
          term -> series.add(series(term, line -> number(line.path("terms").path(term)))));
    }
    return series;
  }

  /** The figures of a set over the steps; empty if it was judged once. */
  private String course(String set) {
    Map<String, List<double[]>> figures = new LinkedHashMap<>();
    for (JsonNode line : run.evaluations()) {
      if (line.path("set").asString().equals(set)) {
        flatten("", line.path("figures"))
            .forEach(
                (name, value) ->
                    figures
                        .computeIfAbsent(name, n -> new ArrayList<>())
                        .add(new double[] {line.path("step").asDouble(), value}));
      }
    }
    if (figures.values().stream().allMatch(points -> points.size() < 2)) {
      return "";
    }
    List<Series> series = new ArrayList<>();
    figures.forEach(
        (name, points) -> {
          if (!name.endsWith("_std")) {
            series.add(new Series(name, points));
          }
        });
    return Chart.overSteps("Figures on " + set, "at each evaluation", series, false).html();
  }

  static Map<String, Double> flatten(String prefix, JsonNode figures) {
    Map<String, Double> flat = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> figure : figures.properties()) {
      if (figure.getValue().isObject()) {
        String inner = figure.getKey().equals("tar_at_far") ? "TAR@FAR=" : figure.getKey() + ".";
        flat.putAll(flatten(prefix + inner, figure.getValue()));
      } else if (figure.getValue().isNumber()) {
        flat.put(prefix + figure.getKey(), figure.getValue().asDouble());
      }
    }
    return flat;
  }

  /** Statistics that no chart above shows, one chart each. */
  private List<Chart> otherStatistics() {
    Set<String> shown =
        Set.of(
            "existing_share_id_loader",
            "existing_share_instance_loader",
            "group_occupied",
            "group_hits",
            "group_insertions",
            "group_evictions",
            "group_age_mean",
            "group_age_max",
            "probe_gallery_cosine");
    return names("statistics").stream()
        .filter(name -> !shown.contains(name))
        .map(
            name ->
                Chart.overSteps(name.replace('_', ' '), "", List.of(statistic(name, name)), false))
        .toList();
  }

  private Set<String> names(String object) {
    Set<String> names = new LinkedHashSet<>();
    run.steps().forEach(line -> names.addAll(line.path(object).propertyNames()));
    return names;
  }

  private Series field(String name, String key, double factor) {
    return series(name, line -> number(line.path(key)) * factor);
  }

  private Series statistic(String name, String key) {
    return series(name, line -> number(line.path("statistics").path(key)));
  }

  private Series series(String name, ToDoubleFunction<JsonNode> value) {
    return new Series(
        name,
        run.steps().stream()
            .map(line -> new double[] {line.path("step").asDouble(), value.applyAsDouble(line)})
            .toList());
  }

  /** Increase per step of a figure that counts since the run began. */
  private Series rate(String name, String key) {
    List<double[]> count = statistic(name, key).points();
    List<double[]> rate = new ArrayList<>();
    for (int i = 1; i < count.size(); i++) {
      double steps = count.get(i)[0] - count.get(i - 1)[0];
      rate.add(new double[] {count.get(i)[0], (count.get(i)[1] - count.get(i - 1)[1]) / steps});
    }
    return new Series(name, rate);
  }

  private static double number(JsonNode node) {
    return node.isNumber() ? node.asDouble() : Double.NaN;
  }
}
