package ffc.runs.report;

import ffc.eval.roc.EvalFigure;
import ffc.runs.page.BarChart;
import ffc.runs.page.Chart;
import ffc.runs.page.Html;
import ffc.runs.page.Series;
import ffc.runs.record.EvaluationJson;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * The pictures of one evaluation, from its JSON: ROC on a logarithmic axis, score histograms, CMC,
 * accuracy by stratum. What an evaluation does not hold is left out.
 */
final class EvaluationCards {
  private final String set;
  private final JsonNode line;

  /**
   * @param set its name in titles
   * @param line keys {@code roc}, {@code scores}, {@code cmc}, {@code groups}, each optional
   */
  EvaluationCards(String set, JsonNode line) {
    this.set = set;
    this.line = line;
  }

  List<String> html() {
    List<String> cards = new ArrayList<>();
    Stream.of(roc(), scores(), cmc())
        .filter(chart -> !chart.isEmpty())
        .map(Chart::html)
        .forEach(cards::add);
    if (line.path("groups").size() > 1) {
      cards.add(strata().html());
    }
    return cards;
  }

  private Chart roc() {
    List<double[]> points = new ArrayList<>();
    line.path("roc")
        .forEach(p -> points.add(new double[] {p.get(0).asDouble(), p.get(1).asDouble()}));
    return new Chart(
        "ROC on " + set,
        "true accept rate by false accept rate" + step(),
        "false accept rate",
        List.of(new Series("TAR", points)),
        true,
        true);
  }

  private Chart scores() {
    JsonNode scores = line.path("scores");
    return new Chart(
        "Scores on " + set,
        "share of the pairs of each kind by similarity, in percent" + step(),
        "cosine",
        withoutEmptyEnds(List.of(shares("genuine", scores), shares("impostor", scores))),
        false,
        true);
  }

  private static Series shares(String kind, JsonNode scores) {
    double all = 0;
    for (JsonNode count : scores.path(kind)) {
      all += count.asDouble();
    }
    List<double[]> points = new ArrayList<>();
    double middle = scores.path("low").asDouble() + scores.path("width").asDouble() / 2;
    for (JsonNode count : scores.path(kind)) {
      points.add(new double[] {middle, 100 * count.asDouble() / Math.max(1, all)});
      middle += scores.path("width").asDouble();
    }
    return new Series(kind, points);
  }

  /** Similarities from the first to the last that some pair has; one bin more on either side. */
  private static List<Series> withoutEmptyEnds(List<Series> kinds) {
    double first = Double.MAX_VALUE;
    double last = -Double.MAX_VALUE;
    double width = 0;
    for (Series kind : kinds) {
      List<double[]> points = kind.points();
      width = points.size() > 1 ? points.get(1)[0] - points.get(0)[0] : width;
      for (double[] point : points) {
        if (point[1] > 0) {
          first = Math.min(first, point[0]);
          last = Math.max(last, point[0]);
        }
      }
    }
    double from = first - 1.5 * width;
    double to = last + 1.5 * width;
    return kinds.stream()
        .map(
            kind ->
                new Series(
                    kind.name(),
                    kind.points().stream().filter(p -> p[0] > from && p[0] < to).toList()))
        .toList();
  }

  private Chart cmc() {
    List<double[]> points = new ArrayList<>();
    for (JsonNode rate : line.path("cmc")) {
      points.add(new double[] {points.size() + 1, rate.asDouble()});
    }
    return new Chart(
        "CMC on " + set,
        "share of the probes whose identity is found within a rank" + step(),
        "rank",
        List.of(new Series("found", points)),
        false,
        false);
  }

  private BarChart strata() {
    List<String> paths =
        EvaluationJson.shares(line.path("groups").get(0)).keySet().stream()
            .filter(EvalFigure::atAGlance)
            .toList();
    List<BarChart.Group> groups = new ArrayList<>();
    for (JsonNode group : line.path("groups")) {
      Map<String, JsonNode> shares = EvaluationJson.shares(group);
      List<BarChart.Bar> bars = new ArrayList<>();
      paths.forEach(path -> bars.add(bar(shares.get(path))));
      groups.add(
          new BarChart.Group(
              group.path("name").asString(),
              Html.format("%,d IDs", group.path("identities").asLong()),
              bars));
    }
    return new BarChart(
        "Accuracy by stratum on " + set,
        "by images of the identity in the training set: head 20 and more, middle 4 to 19, tail 1 to"
            + " 3; with 95 % intervals"
            + step(),
        paths.stream().map(EvalFigure::label).toList(),
        groups);
  }

  private static BarChart.Bar bar(JsonNode share) {
    return share == null
        ? null
        : new BarChart.Bar(
            share.path("value").asDouble(),
            share.path("low").asDouble(),
            share.path("high").asDouble());
  }

  private String step() {
    return line.has("step") ? ", at step " + line.path("step").asLong() : "";
  }
}
