package ffc.runs.compare;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The plots of a comparison as PNG files. */
public final class Plots {
  private static final Color[] COLOURS = {
    new Color(0x2f6bd8),
    new Color(0xd97a18),
    new Color(0x1f9d6b),
    new Color(0x8d55c9),
    new Color(0xc8385a),
    new Color(0x5b7a8c)
  };
  private static final double GB = 1e9;

  private final Outcome outcome;

  public Plots(Outcome outcome) {
    this.outcome = outcome;
  }

  /** Draws what the results allow; file by title. */
  public Map<String, Path> write(Path folder) throws IOException {
    Files.createDirectories(folder);
    Map<String, Path> files = new LinkedHashMap<>();
    if (outcome.comparison().overClasses()) {
      overClasses(
          files, folder, "Throughput", "images/s", "throughput", CellResult::imagesPerSecond, null);
      overClasses(
          files,
          folder,
          "Peak memory (dashed: predicted)",
          "GB",
          "memory",
          r -> peak(r) / GB,
          r -> r.predictedBytes() / GB);
    }
    for (String figure : outcome.figureNames()) {
      if (figure.contains("tar_at_far")) {
        againstMemory(files, folder, figure);
      }
    }
    return files;
  }

  /** Memory that is no page cache; on a device its own. */
  public static double peak(CellResult r) {
    return Double.isNaN(r.devicePeakBytes()) ? r.peakAnonBytes() : r.devicePeakBytes();
  }

  private void overClasses(
      Map<String, Path> files,
      Path folder,
      String title,
      String unit,
      String name,
      ToDoubleFunction<CellResult> value,
      ToDoubleFunction<CellResult> predicted)
      throws IOException {
    XYChart chart = chart(title, "identities", unit);
    chart.getStyler().setXAxisLogarithmic(true);
    chart.getStyler().setYAxisLogarithmic(true);
    int index = 0;
    for (Comparison.Contender contender : outcome.comparison().contenders()) {
      Color colour = COLOURS[index++ % COLOURS.length];
      XYSeries series = add(chart, contender.name(), points(contender, value));
      if (series != null) {
        series.setLineColor(colour);
        series.setMarkerColor(colour);
        series.setMarker(SeriesMarkers.CIRCLE);
      }
      if (predicted != null) {
        XYSeries plan = add(chart, contender.name() + " predicted", planned(contender, predicted));
        if (plan != null) {
          plan.setLineColor(colour);
          plan.setMarker(SeriesMarkers.NONE);
          plan.setShowInLegend(false);
          plan.setLineStyle(
              new BasicStroke(
                  1.5f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, new float[] {5, 5}, 0));
        }
      }
    }
    wholeDecades(chart);
    save(chart, files, folder, title, name);
  }

  /** Logarithmic axes have labels at powers of ten only: they begin and end with one. */
  private static void wholeDecades(XYChart chart) {
    double[] y =
        chart.getSeriesCollection().stream()
            .flatMapToDouble(s -> DoubleStream.of(s.getYMin(), s.getYMax()))
            .sorted()
            .toArray();
    if (y.length > 0) {
      chart.getStyler().setYAxisMin(Math.pow(10, Math.floor(Math.log10(y[0]))));
      chart.getStyler().setYAxisMax(Math.pow(10, Math.ceil(Math.log10(y[y.length - 1]))));
    }
  }

  private List<double[]> points(
      Comparison.Contender contender, ToDoubleFunction<CellResult> value) {
    List<double[]> points = new ArrayList<>();
    for (long classes : outcome.comparison().classes()) {
      Statistics figure = outcome.figure(contender, classes, value);
      if (!figure.isEmpty() && figure.median() > 0) {
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

  private void againstMemory(Map<String, Path> files, Path folder, String figure)
      throws IOException {
    String title = FigureNames.text(figure) + " against memory";
    XYChart chart = chart(title, "peak memory, GB", FigureNames.text(figure));
    chart.getStyler().setDefaultSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
    int index = 0;
    for (Comparison.Contender contender : outcome.comparison().contenders()) {
      List<double[]> points = new ArrayList<>();
      for (CellResult r : outcome.results()) {
        Double value = r.figures().get(figure);
        if (r.cell().contender().name().equals(contender.name()) && value != null) {
          points.add(new double[] {peak(r) / GB, value});
        }
      }
      XYSeries series = add(chart, contender.name(), points);
      Color colour = COLOURS[index++ % COLOURS.length];
      if (series != null) {
        series.setMarkerColor(colour);
        series.setMarker(SeriesMarkers.CIRCLE);
      }
    }
    save(chart, files, folder, title, figure.replaceAll("[^A-Za-z0-9-]+", "-"));
  }

  private static XYChart chart(String title, String x, String y) {
    XYChart chart = new XYChartBuilder().width(760).height(430).build();
    chart.setTitle(title);
    chart.setXAxisTitle(x);
    chart.setYAxisTitle(y);
    Styler styler = chart.getStyler();
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setLegendPosition(Styler.LegendPosition.OutsideE);
    styler.setLegendBorderColor(Color.WHITE);
    styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 17));
    styler.setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
    chart.getStyler().setPlotBorderVisible(false);
    chart.getStyler().setPlotGridLinesColor(new Color(0xe3e7ee));
    chart.getStyler().setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
    chart.getStyler().setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    return chart;
  }

  private static XYSeries add(XYChart chart, String name, List<double[]> points) {
    if (points.isEmpty()) {
      return null;
    }
    return chart.addSeries(
        name,
        points.stream().mapToDouble(p -> p[0]).toArray(),
        points.stream().mapToDouble(p -> p[1]).toArray());
  }

  private static void save(
      XYChart chart, Map<String, Path> files, Path folder, String title, String name)
      throws IOException {
    if (chart.getSeriesCollection().isEmpty()) {
      return;
    }
    Path file = folder.resolve(name + ".png");
    BitmapEncoder.saveBitmapWithDPI(chart, file.toString(), BitmapEncoder.BitmapFormat.PNG, 144);
    files.put(title, file);
  }
}
