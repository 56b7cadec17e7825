package ffc.runs.page;

import ffc.runs.record.Json;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A line chart as inline SVG. The colours come from the page's style sheet, so that one drawing
 * serves light and dark; the page's script, {@code charts.js}, draws the same anew from the data
 * attribute when its reader asks for other axes, and shows values under the pointer.
 *
 * @param title what is shown, with its unit
 * @param note a sentence below the title; may be empty
 * @param xName what the x axis counts
 * @param series lines; those without a finite point are left out
 * @param logX logarithmic x axis; points at x = 0 or below are left out
 * @param logY logarithmic y axis; points at y = 0 or below are left out
 * @param fromZero whether the y axis must include 0
 * @param marks what else happened along the x axis
 */
public record Chart(
    String title,
    String note,
    String xName,
    List<Series> series,
    boolean logX,
    boolean logY,
    boolean fromZero,
    List<Mark> marks) {
  static final int COLOURS = 12;

  /** Name of an x axis that counts training steps; the script knows it. */
  private static final String STEP = "step";

  private static final int WIDTH = 560;
  private static final int HEIGHT = 250;
  private static final int LEFT = 48;

  /** Room for a character of a label. */
  private static final double CHARACTER = 6.6;

  private static final int GAP = 7;
  private static final int RIGHT = 14;
  private static final int TOP = 10;
  private static final int BOTTOM = 36;

  public Chart {
    List<Series> drawn = new ArrayList<>();
    for (int i = 0; i < series.size(); i++) {
      Series s = series.get(i);
      List<double[]> points = s.points().stream().filter(p -> isDrawn(p, logX, logY)).toList();
      if (!points.isEmpty()) {
        int colour = s.colour() < 0 ? drawn.size() : s.colour();
        drawn.add(new Series(s.name(), points, s.look(), colour % COLOURS).thinned());
      }
    }
    series = List.copyOf(drawn);
  }

  private static boolean isDrawn(double[] point, boolean logX, boolean logY) {
    return Double.isFinite(point[0])
        && Double.isFinite(point[1])
        && (!logX || point[0] > 0)
        && (!logY || point[1] > 0);
  }

  /** A chart without marks. */
  public Chart(
      String title,
      String note,
      String xName,
      List<Series> series,
      boolean logX,
      boolean logY,
      boolean fromZero) {
    this(title, note, xName, series, logX, logY, fromZero, List.of());
  }

  /** A chart with a linear y axis. */
  public Chart(
      String title,
      String note,
      String xName,
      List<Series> series,
      boolean logX,
      boolean fromZero) {
    this(title, note, xName, series, logX, false, fromZero);
  }

  /** A chart over training steps, which the script can draw over images or time as well. */
  public static Chart overSteps(
      String title, String note, List<Series> series, boolean fromZero, List<Mark> marks) {
    return new Chart(title, note, STEP, series, false, false, fromZero, marks);
  }

  public boolean isEmpty() {
    return series.isEmpty();
  }

  /** The chart with title, legend and note, for a page of {@link Html}. */
  public String html() {
    StringBuilder html = new StringBuilder("<figure class=\"card chart\"><figcaption><h3>");
    html.append(Html.escape(title)).append("</h3>");
    if (!note.isEmpty()) {
      html.append("<p>").append(Html.escape(note)).append("</p>");
    }
    List<Series> named = series.stream().filter(s -> !s.name().isEmpty()).toList();
    if (named.size() > 1) {
      html.append("<ul class=\"legend\">");
      for (Series s : named) {
        html.append("<li class=\"c").append(s.colour()).append("\">");
        html.append(Html.escape(s.name())).append("</li>");
      }
      html.append("</ul>");
    }
    return html.append("</figcaption>").append(svg()).append("</figure>\n").toString();
  }

  private String svg() {
    Axis x = axisX();
    Axis y = axisY();
    int left = left(y);
    DoubleUnaryOperator toX = v -> left + x.position(v) * (WIDTH - left - RIGHT);
    DoubleUnaryOperator toY = v -> HEIGHT - BOTTOM - y.position(v) * (HEIGHT - TOP - BOTTOM);
    StringBuilder svg = new StringBuilder();
    svg.append(
        Html.format(
            "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\" data-chart=\"%s\">",
            WIDTH, HEIGHT, Html.escape(title), Html.escape(data())));
    for (double tick : y.ticks()) {
      double at = toY.applyAsDouble(tick);
      svg.append(
          Html.format(
              "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
              left, WIDTH - RIGHT, at, at));
      svg.append(
          Html.format(
              "<text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
              left - GAP, at + 4, y.label(tick)));
    }
    for (double tick : x.ticks()) {
      double at = toX.applyAsDouble(tick);
      svg.append(
          Html.format(
              "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>",
              at, at, HEIGHT - BOTTOM, HEIGHT - BOTTOM + 4));
      svg.append(
          Html.format(
              "<text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
              at, HEIGHT - BOTTOM + 17, x.label(tick)));
    }
    svg.append(
        Html.format(
            "<text class=\"tick name\" x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
            WIDTH - RIGHT, HEIGHT - 4, Html.escape(xName)));
    for (Mark mark : marks) {
      if (mark.step() >= x.low() && mark.step() <= x.high()) {
        svg.append(mark.svg(toX.applyAsDouble(mark.step()), TOP, HEIGHT - BOTTOM));
      }
    }
    for (Series s : series) {
      svg.append(drawn(s, toX, toY));
    }
    return svg.append("</svg>").toString();
  }

  /** Where the plot begins: right of the longest label. */
  private static int left(Axis y) {
    int longest = y.ticks().stream().mapToInt(tick -> y.label(tick).length()).max().orElse(0);
    return Math.max(LEFT, (int) Math.ceil(GAP + CHARACTER * longest));
  }

  private static String drawn(Series series, DoubleUnaryOperator toX, DoubleUnaryOperator toY) {
    List<double[]> points = series.points();
    StringBuilder svg = new StringBuilder();
    if (series.look() != Series.Look.dots && points.size() > 1) {
      StringBuilder path = new StringBuilder();
      for (double[] point : points) {
        path.append(path.isEmpty() ? 'M' : 'L');
        path.append(
            Html.format("%.1f %.1f", toX.applyAsDouble(point[0]), toY.applyAsDouble(point[1])));
      }
      svg.append(
          Html.format(
              "<path class=\"c%d line%s\" d=\"%s\"/>",
              series.colour(), series.look() == Series.Look.dashed ? " dashed" : "", path));
    }
    if (series.look() == Series.Look.marked
        || series.look() == Series.Look.dots
        || points.size() == 1) {
      for (double[] point : points) {
        svg.append(
            Html.format(
                "<circle class=\"c%d dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>",
                series.colour(), toX.applyAsDouble(point[0]), toY.applyAsDouble(point[1])));
      }
    }
    return svg.toString();
  }

  private Axis axisX() {
    double min = values(0).min().orElse(0);
    double max = values(0).max().orElse(1);
    return logX ? Axis.logarithmic(min, max) : Axis.tight(min, max, 6);
  }

  private Axis axisY() {
    double min = values(1).min().orElse(0);
    double max = values(1).max().orElse(1);
    if (logY) {
      return Axis.logarithmic(min, max);
    }
    return Axis.linear(fromZero ? Math.min(0, min) : min, fromZero ? Math.max(0, max) : max, 4);
  }

  private DoubleStream values(int coordinate) {
    return series.stream()
        .flatMapToDouble(s -> s.points().stream().mapToDouble(p -> p[coordinate]));
  }

  /**
   * What the script draws from: name of x, axes, series as {@code [name, colour, look, [[x, y],
   * ...]]}, those without a name belonging to the one before, and marks as {@code [kind, x, text]}.
   */
  private String data() {
    ObjectNode data = Json.object();
    data.put("x", xName).put("logX", logX).put("logY", logY).put("zero", fromZero);
    ArrayNode all = data.putArray("s");
    for (Series s : series) {
      ArrayNode one = all.addArray().add(s.name()).add(s.colour()).add(s.look().name());
      ArrayNode points = one.addArray();
      s.points().forEach(p -> points.addArray().add(brief(p[0])).add(brief(p[1])));
    }
    ArrayNode noted = data.putArray("m");
    marks.forEach(m -> noted.addArray().add(m.kind().name()).add(m.step()).add(m.text()));
    return data.toString();
  }

  /** Five digits, which is more than a chart shows; whole numbers as they are. */
  private static BigDecimal brief(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? BigDecimal.valueOf((long) value)
        : new BigDecimal(value).round(new MathContext(5));
  }
}
