package ffc.runs.page;

import ffc.loaders.data.Columns;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;

/**
 * A table for terminals and pages.
 *
 * @param rows the first one being the heading; all of one length
 */
public record Table(List<List<String>> rows) {
  private static final String NUMBER =
      "|-|–|[0-9].*|[+-][0-9].*|not run|does not fit .*|run under .*|failed.*";

  /** Aligned columns: the first to the left, columns of numbers to the right. */
  public String text() {
    return text(this::isNumeric);
  }

  /** Aligned columns, all but the first to the right. */
  public String textToTheRight() {
    return text(column -> column > 0);
  }

  private String text(IntPredicate toTheRight) {
    return Columns.aligned(rows, toTheRight).stripTrailing();
  }

  /** For a page of {@link Html}. */
  public String html() {
    return "<table class=\"plain\"><thead>"
        + row("th", rows.get(0))
        + "</thead><tbody>\n"
        + rows.stream().skip(1).map(row -> row("td", row)).collect(Collectors.joining())
        + "</tbody></table>";
  }

  private String row(String tag, List<String> cells) {
    StringBuilder html = new StringBuilder("<tr>");
    for (int c = 0; c < cells.size(); c++) {
      html.append('<').append(tag).append(isNumeric(c) ? " class=\"number\">" : ">");
      html.append(Html.escape(cells.get(c))).append("</").append(tag).append('>');
    }
    return html.append("</tr>\n").toString();
  }

  private boolean isNumeric(int column) {
    return column > 0
        && rows.stream().skip(1).map(row -> row.get(column)).allMatch(cell -> cell.matches(NUMBER));
  }
}
