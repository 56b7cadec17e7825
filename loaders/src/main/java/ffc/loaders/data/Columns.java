package ffc.loaders.data;

import java.util.List;
import java.util.function.IntPredicate;

/** Cells of text in columns that line up. */
public final class Columns {
  private Columns() {}

  /**
   * One line a row, two spaces between columns, none at the ends of lines.
   *
   * @param rows all of one length
   * @param toTheRight whether a column, from 0, is aligned to the right
   */
  public static String aligned(List<List<String>> rows, IntPredicate toTheRight) {
    int columns = rows.get(0).size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int c = 0; c < columns; c++) {
        widths[c] = Math.max(widths[c], row.get(c).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int c = 0; c < columns; c++) {
        String space = " ".repeat(widths[c] - row.get(c).length());
        line.append(c == 0 ? "" : "  ");
        line.append(toTheRight.test(c) ? space + row.get(c) : row.get(c) + space);
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }
}
