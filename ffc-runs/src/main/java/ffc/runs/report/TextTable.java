package ffc.runs.report;

import java.util.List;
import java.util.stream.Collectors;

/** Aligned columns for terminals. */
public final class TextTable {
  private TextTable() {}

  /** The rows, the first one being the heading; numbers stand at the right of their column. */
  public static String of(List<List<String>> rows) {
    int columns = rows.get(0).size();
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int c = 0; c < columns; c++) {
        int column = c;
        int width = rows.stream().mapToInt(r -> r.get(column).length()).max().orElse(0);
        boolean number =
            rows.stream()
                .skip(1)
                .map(r -> r.get(column))
                .allMatch(cell -> cell.matches("-|[0-9.,e+-]+"));
        String space = " ".repeat(width - row.get(c).length());
        line.append(c == 0 ? "" : "  ").append(number ? space + row.get(c) : row.get(c) + space);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString().stripTrailing();
  }

  /** The same rows as an HTML table. */
  static String html(List<List<String>> rows) {
    return rows.stream()
        .map(
            row ->
                row.stream()
                    .map(cell -> "<td>" + Html.escape(cell) + "</td>")
                    .collect(Collectors.joining("", "<tr>", "</tr>")))
        .collect(Collectors.joining("", "<table class=\"plain\">", "</table>"));
  }
}
