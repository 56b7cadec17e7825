package ffc.runs.report;

import ffc.eval.roc.EvalFigure;
import ffc.runs.page.Chart;
import ffc.runs.page.Html;
import ffc.runs.page.Mark;
import ffc.runs.page.Series;
import ffc.runs.page.Table;
import ffc.runs.page.Timeline;
import ffc.runs.record.EvaluationJson;
import ffc.runs.record.Figure;
import ffc.runs.record.Figures;
import ffc.runs.record.TrainedTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import tools.jackson.databind.JsonNode;

/** What is drawn of a run's records, for the report and for the live page: {@link Figures}. */
public final class RunCharts {
  private final List<JsonNode> steps;
  private final List<JsonNode> evaluations;
  private final List<Mark> marks;

  /**
   * @param steps lines of {@code steps.jsonl}, or a part of them
   * @param evaluations lines of {@code evaluations.jsonl}
   * @param manifest which processes made the run
   */
  public RunCharts(List<JsonNode> steps, List<JsonNode> evaluations, JsonNode manifest) {
    this.steps = steps;
    this.evaluations = evaluations;
    marks = RunMarks.of(steps, evaluations, manifest);
  }

  /** What the charts over steps have in common: what their marks are, images and time by step. */
  public String alongSteps() {
    return Mark.key(marks) + timeline("", steps).html();
  }

  /** Images and time of a run by its lines of {@code steps.jsonl}. */
  static Timeline timeline(String run, List<JsonNode> steps) {
    return new Timeline(
        run,
        steps.stream()
            .map(
                line ->
                    new double[] {
                      line.path("step").asDouble(),
                      number(line.path("images")),
                      TrainedTime.of(line)
                    })
            .toList());
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
    StringBuilder html = new StringBuilder();
    for (Figures.Section section : Figures.Section.values()) {
      List<Chart> charts =
          Figures.table().stream()
              .filter(together -> together.section() == section)
              .map(this::chart)
              .toList();
      html.append(section(section.title(), html(charts)));
    }
    return html + section("Other figures", html(otherStatistics()));
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

  private Chart chart(Figures.Together together) {
    List<Series> series = new ArrayList<>();
    together.figures().forEach(figure -> series.add(series(figure)));
    if (together.figures().contains(Figures.LOSS)) {
      series.addAll(terms());
    }
    return Chart.overSteps(together.title(), together.note(), series, together.fromZero(), marks);
  }

  /** The terms of the loss, if there are several. */
  private List<Series> terms() {
    Set<String> terms = names("terms");
    return terms.size() < 2
        ? List.of()
        : terms.stream()
            .map(term -> series(term, line -> number(line.path("terms").path(term))))
            .toList();
  }

  /** The figures of a set over the steps; empty if it was judged once. */
  private String course(String set) {
    Map<String, List<double[]>> figures = new LinkedHashMap<>();
    for (JsonNode line : evaluations) {
      if (line.path("set").asString().equals(set)) {
        EvaluationJson.figures(line.path("figures"))
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
        (path, points) -> {
          if (!EvalFigure.ACCURACY_DEVIATION.owns(path)) {
            series.add(new Series(EvalFigure.label(path), points, Series.Look.marked, -1));
          }
        });
    return Chart.overSteps("Figures on " + set, "at each evaluation", series, false, List.of())
        .html();
  }

  /** Every figure of the last evaluations, with the flags that decide them. */
  private String results() {
    if (evaluations.isEmpty()) {
      return "";
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("set", "figure", "value", "above"));
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
              for (Map.Entry<String, Double> f :
                  EvaluationJson.figures(line.path("figures")).entrySet()) {
                rows.add(
                    List.of(
                        flags,
                        EvalFigure.label(f.getKey()),
                        Html.format("%.4f", f.getValue()),
                        threshold(line, f.getKey())));
                flags = "";
              }
            });
    return "<section class=\"card\"><h3>Results</h3><p>last evaluation of each set; a true accept rate is that of the"
        + " pairs whose cosine lies above its threshold</p>"
        + new Table(rows).html()
        + "</section>";
  }

  /** The similarity above which pairs are accepted at the false accept rate of a figure. */
  private static String threshold(JsonNode line, String path) {
    JsonNode threshold =
        EvalFigure.TAR_AT_FAR.owns(path)
            ? line.path("thresholds").path(path.substring(EvalFigure.TAR_AT_FAR.path().length()))
            : line.path("");
    return threshold.isNumber() ? Html.format("%.4f", threshold.asDouble()) : "";
  }

  /** Statistics that no chart above shows, one chart each. */
  private List<Chart> otherStatistics() {
    return names("statistics").stream()
        .filter(name -> Figures.named(name).isEmpty())
        .map(
            name ->
                Chart.overSteps(
                    name.replace('_', ' '),
                    "",
                    List.of(series(name, line -> number(line.path("statistics").path(name)))),
                    false,
                    marks))
        .toList();
  }

  private Set<String> names(String object) {
    Set<String> names = new LinkedHashSet<>();
    steps.forEach(line -> names.addAll(line.path(object).propertyNames()));
    return names;
  }

  private Series series(Figure figure) {
    Series series = series(figure.label(), figure::of);
    return figure.counts() ? rate(series) : series;
  }

  private Series series(String name, ToDoubleFunction<JsonNode> value) {
    return new Series(
        name,
        steps.stream()
            .map(line -> new double[] {line.path("step").asDouble(), value.applyAsDouble(line)})
            .toList());
  }

  /** Increase per step of a figure that counts since the run began. */
  private static Series rate(Series counted) {
    List<double[]> count = counted.points();
    List<double[]> rate = new ArrayList<>();
    for (int i = 1; i < count.size(); i++) {
      double steps = count.get(i)[0] - count.get(i - 1)[0];
      rate.add(new double[] {count.get(i)[0], (count.get(i)[1] - count.get(i - 1)[1]) / steps});
    }
    return new Series(counted.name(), rate);
  }

  private static double number(JsonNode node) {
    return node.isNumber() ? node.asDouble() : Double.NaN;
  }
}
