package ffc.runs.page;

import java.util.List;

/**
 * Bars of shares in [0, 1] by group, one colour a figure, with their intervals: inline SVG in the
 * colours of the page. A bar's numbers show while the pointer rests on it.
 *
 * @param title what is shown
 * @param note a sentence below the title
 * @param figures name of each figure, in the order of a group's bars
 * @param groups from left to right
 */
public record BarChart(String title, String note, List<String> figures, List<Group> groups) {
  private static final int WIDTH = 560;
  private static final int HEIGHT = 250;
  private static final int LEFT = 48;
  private static final int RIGHT = 14;
  private static final int TOP = 10;
  private static final int BOTTOM = 36;

  /** Bars that stand together; a figure that a group lacks is null. */
  public record Group(String name, String note, List<Bar> bars) {}

  /** A share and its interval. */
  public record Bar(double value, double low, double high) {}

  public String html() {
    StringBuilder html = new StringBuilder("<figure class=\"card chart\"><figcaption><h3>");
    html.append(Html.escape(title)).append("</h3><p>").append(Html.escape(note));
    html.append("</p><ul class=\"legend\">");
    for (int i = 0; i < figures.size(); i++) {
      html.append("<li class=\"c").append(i % Chart.COLOURS).append("\">");
      html.append(Html.escape(figures.get(i))).append("</li>");
    }
    return html.append("</ul></figcaption>").append(svg()).append("</figure>\n").toString();
  }

  private String svg() {
    Axis y = Axis.linear(0, 1, 4);
    StringBuilder svg = new StringBuilder();
    svg.append(
        Html.format(
            "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">",
            WIDTH, HEIGHT, Html.escape(title)));
    for (double tick : y.ticks()) {
      svg.append(
          Html.format(
              "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
                  + "<text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
              LEFT, WIDTH - RIGHT, at(tick), at(tick), LEFT - 7, at(tick) + 4, y.label(tick)));
    }
    double groupWidth = (WIDTH - LEFT - RIGHT) / (double) groups.size();
    double barWidth = Math.min(34, groupWidth * 0.8 / Math.max(1, figures.size()));
    for (int g = 0; g < groups.size(); g++) {
      Group group = groups.get(g);
      double middle = LEFT + (g + 0.5) * groupWidth;
      svg.append(label(group.name(), middle, HEIGHT - BOTTOM + 17));
      svg.append(label(group.note(), middle, HEIGHT - 4));
      for (int i = 0; i < figures.size(); i++) {
        if (group.bars().get(i) != null) {
          double from = middle + (i - figures.size() / 2.0) * barWidth;
          svg.append(bar(group, i, from, barWidth));
        }
      }
    }
    return svg.append("</svg>").toString();
  }

  private String bar(Group group, int figure, double from, double width) {
    Bar bar = group.bars().get(figure);
    double middle = from + width / 2;
    return Html.format(
        "<g><title>%s</title>"
            + "<rect class=\"c%d\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"2\"/>"
            + "<path class=\"interval\" d=\"M%.1f %.1fV%.1fM%.1f %.1fh6M%.1f %.1fh6\"/></g>",
        Html.escape(
            Html.format(
                "%s %s %.4f [%.4f, %.4f]",
                group.name(), figures.get(figure), bar.value(), bar.low(), bar.high())),
        figure % Chart.COLOURS,
        from + 1,
        at(bar.value()),
        width - 2,
        at(0) - at(bar.value()),
        middle,
        at(bar.high()),
        at(bar.low()),
        middle - 3,
        at(bar.high()),
        middle - 3,
        at(bar.low()));
  }

  private static String label(String text, double x, int y) {
    return Html.format(
        "<text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
        x, y, Html.escape(text));
  }

  private static double at(double share) {
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
  }
}
