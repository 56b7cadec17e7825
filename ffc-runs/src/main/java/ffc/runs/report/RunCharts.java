package ffc.runs.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import tools.jackson.databind.JsonNode;

/**
 * What is drawn of a run's records: the one list of its figures with their titles, units and
 * sections, for the report and for the live page.
 */
public final class RunCharts {
  private final List<JsonNode> steps;
  private final List<JsonNode> evaluations;

  /**
   * @param steps lines of {@code steps.jsonl}, or a part of them
   * @param evaluations lines of {@code evaluations.jsonl}
   */
  public RunCharts(List<JsonNode> steps, List<JsonNode> evaluations) {
    this.steps = steps;
    this.evaluations = evaluations;
  }

  /** How each set was judged last, and how its figures went. */
  public String accuracy() {
    List<String> cards = new ArrayList<>();
    latestEvaluations()
        .forEach(
            (set, latest) -> {
              cards.addAll(new EvaluationCards(set, latest).html());
              cards.add(course(set));
            });
    cards.add(results());
    return section("Accuracy", cards);
  }

  /** Curves over the steps, section by section. */
  public String overSteps() {
    return section("Training", html(training()))
        + section("ID group", html(group()))
        + section("Machine", html(machine()))
        + section("Other figures", html(otherStatistics()));
  }

  /** The last evaluation of each set, in the order in which the sets first appeared. */
  Map<String, JsonNode> latestEvaluations() {
    Map<String, JsonNode> latest = new LinkedHashMap<>();
    evaluations.forEach(line -> latest.put(line.path("set").asString(""), line));
    return latest;
  }

  private static List<String> html(List<Chart> charts) {
    return charts.stream().filter(chart -> !chart.isEmpty()).map(Chart::html).toList();
  }

  private static String section(String title, List<String> cards) {
    List<String> shown = cards.stream().filter(card -> !card.isEmpty()).toList();
    return shown.isEmpty()
        ? ""
        : "<h2>" + title + "</h2><div class=\"grid\">\n" + String.join("", shown) + "</div>\n";
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
            "Group fill", "slots in use", List.of(statistic("occupied", "group_occupied")), true),
        Chart.overSteps(
            "Replacement",
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
    for (JsonNode line : evaluations) {
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

  /** Every figure of the last evaluations, with the flags that decide them. */
  private String results() {
    if (evaluations.isEmpty()) {
      return "";
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("set", "figure", "value"));
    latestEvaluations()
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
    steps.forEach(line -> names.addAll(line.path(object).propertyNames()));
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
        steps.stream()
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
