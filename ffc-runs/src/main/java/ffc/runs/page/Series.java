package ffc.runs.page;

import java.util.ArrayList;
import java.util.List;

/**
 * One line of a chart: points by rising x.
 *
 * @param name in the legend; empty for none
 * @param points as (x, y); y may be NaN, which leaves a gap
 * @param look how it is drawn
 * @param colour number of its colour; negative = its place among the series of the chart
 */
public record Series(String name, List<double[]> points, Look look, int colour) {
  private static final int DRAWN = 500;

  /** How points are drawn. */
  public enum Look {
    line,
    dashed,
    marked,
    dots
  }

  /** A plain line. */
  public Series(String name, List<double[]> points) {
    this(name, points, Look.line, -1);
  }

  public Series {
    points = List.copyOf(points);
  }

  /** The series with few enough points to draw: neighbours are averaged. */
  Series thinned() {
    if (look == Look.dots) {
      return this;
    }
    int stride = (points.size() + DRAWN - 1) / DRAWN;
    if (stride <= 1) {
      return this;
    }
    List<double[]> thin = new ArrayList<>();
    for (int i = 0; i < points.size(); i += stride) {
      int end = Math.min(points.size(), i + stride);
      double y = 0;
      for (double[] point : points.subList(i, end)) {
        y += point[1];
      }
      thin.add(new double[] {points.get(end - 1)[0], y / (end - i)});
    }
    return new Series(name, thin, look, colour);
  }
}
