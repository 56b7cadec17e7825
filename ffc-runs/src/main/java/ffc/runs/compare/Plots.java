package ffc.runs.compare;

import ffc.eval.roc.EvalFigure;
import ffc.runs.report.Chart;
import ffc.runs.report.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The charts of a comparison. */
final class Plots {
  private static final double GB = 1e9;

  private final Outcome outcome;

  Plots(Outcome outcome) {
    this.outcome = outcome;
  }

  /** What the results allow to draw. */
  List<Chart> charts() {
    List<Chart> charts = new ArrayList<>();
    if (outcome.comparison().overClasses()) {
      charts.add(
          overClasses(
              "Throughput, images/s", "median of the runs", CellResult::imagesPerSecond, null));
      charts.add(
          overClasses(
              "Peak memory, GB",
              "median of the runs; dashed: predicted",
              result -> result.peakBytes() / GB,
              result -> result.predictedBytes() / GB));
    }
    for (String figure : outcome.figureNames()) {
      if (FigureNames.is(EvalFigure.TAR_AT_FAR, figure)) {
        charts.add(againstMemory(figure));
      }
    }
    return charts.stream().filter(chart -> !chart.isEmpty()).toList();
  }

  private Chart overClasses(
      String title,
      String note,
      ToDoubleFunction<CellResult> value,
      ToDoubleFunction<CellResult> predicted) {
    List<Series> series = new ArrayList<>();
    int colour = 0;
    for (Comparison.Contender contender : outcome.comparison().contenders()) {
      series.add(
          new Series(contender.name(), points(contender, value), Series.Look.marked, colour));
      if (predicted != null) {
        series.add(new Series("", planned(contender, predicted), Series.Look.dashed, colour));
      }
      colour++;
    }
    return new Chart(title, note, "identities", series, true, true, false);
  }

  private List<double[]> points(
      Comparison.Contender contender, ToDoubleFunction<CellResult> value) {
    List<double[]> points = new ArrayList<>();
    for (long classes : outcome.comparison().classes()) {
      Statistics figure = outcome.figure(contender, classes, value);
      if (!figure.isEmpty()) {
        points.add(new double[] {classes, figure.median()});
      }
    }
    return points;
  }

  /** Predictions also stand where a cell was not run because of them. */
  private List<double[]> planned(
      Comparison.Contender contender, ToDoubleFunction<CellResult> value) {
    List<double[]> points = new ArrayList<>();
    for (long classes : outcome.comparison().classes()) {
      Statistics figure = outcome.figure(contender, classes, value);
      Outcome.Missing missing = outcome.missing(contender, classes);
      if (!figure.isEmpty()) {
        points.add(new double[] {classes, figure.median()});
      } else if (missing != null) {
        points.add(new double[] {classes, missing.predictedBytes() / GB});
      }
    }
    return points;
  }

  private Chart againstMemory(String figure) {
    List<Series> series = new ArrayList<>();
    int colour = 0;
    for (Comparison.Contender contender : outcome.comparison().contenders()) {
      List<double[]> points = new ArrayList<>();
      for (CellResult r : outcome.results()) {
        Double value = r.figures().get(figure);
        if (r.cell().contender().name().equals(contender.name()) && value != null) {
          points.add(new double[] {r.peakBytes() / GB, value});
        }
      }
      series.add(new Series(contender.name(), points, Series.Look.dots, colour++));
    }
    String title = FigureNames.text(figure) + " against memory";
    return new Chart(title, "a dot for each run", "peak memory, GB", series, false, false, false);
  }
}
