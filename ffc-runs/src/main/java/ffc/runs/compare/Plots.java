package ffc.runs.compare;

import ffc.eval.roc.EvalFigure;
import ffc.runs.page.Chart;
import ffc.runs.page.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
      if (FigureNames.is(EvalFigure.TAR_AT_FAR, figure)
          || FigureNames.is(EvalFigure.RANK, figure)) {
        charts.add(overTime(figure, "step", result -> 1));
        charts.add(overTime(figure, "seconds of training", result -> result.stepMs() / 1e3));
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

  /** Means over seeds and repeats at each step that all of a contender's runs have evaluated. */
  private Chart overTime(String figure, String xName, ToDoubleFunction<CellResult> scale) {
    List<Series> series = new ArrayList<>();
    int colour = 0;
    for (Comparison.Contender contender : outcome.comparison().contenders()) {
      Map<Double, List<double[]>> bySteps = new TreeMap<>();
      int runs = 0;
      for (CellResult r : outcome.results()) {
        if (r.cell().contender().name().equals(contender.name())) {
          runs++;
          for (double[] point : r.curves().getOrDefault(figure, List.of())) {
            bySteps
                .computeIfAbsent(point[0], step -> new ArrayList<>())
                .add(new double[] {point[0] * scale.applyAsDouble(r), point[1]});
          }
        }
      }
      List<double[]> points = new ArrayList<>();
      for (List<double[]> there : bySteps.values()) {
        if (there.size() == runs) {
          points.add(new double[] {mean(there, 0), mean(there, 1)});
        }
      }
      // A single evaluation at the end is no curve.
      series.add(
          new Series(
              contender.name(),
              points.size() > 1 ? points : List.of(),
              Series.Look.marked,
              colour++));
    }
    String title = FigureNames.text(figure) + (xName.equals("step") ? " over steps" : " over time");
    return new Chart(
        title, "mean over the runs at each evaluation", xName, series, false, false, false);
  }

  private static double mean(List<double[]> points, int coordinate) {
    return points.stream().mapToDouble(point -> point[coordinate]).average().orElse(Double.NaN);
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
