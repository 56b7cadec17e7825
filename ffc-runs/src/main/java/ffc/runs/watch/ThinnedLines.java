package ffc.runs.watch;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/** The newest record and an even part of all before it, {@value #KEPT} at most. */
final class ThinnedLines {
  private static final int KEPT = 2000;

  private final List<Line> lines = new ArrayList<>();
  private long added;
  private long stride = 1;

  /** A record, its number among those of its kind, and its place in the order of arrival. */
  private record Line(long number, long sequence, ObjectNode json) {
    boolean on(long stride) {
      return number % stride == 0;
    }
  }

  /**
   * Adds a record.
   *
   * @param sequence its place in the order of arrival, rising
   */
  void add(long sequence, ObjectNode json) {
    int last = lines.size() - 1;
    if (last >= 0 && !lines.get(last).on(stride)) {
      lines.remove(last); // it was kept as the newest
    }
    Line newest = new Line(added++, sequence, json);
    lines.add(newest);
    if (lines.size() == KEPT) {
      stride *= 2;
      lines.removeIf(line -> line != newest && !line.on(stride));
    }
  }

  /** The kept records that came after a place in the order of arrival. */
  Stream<ObjectNode> after(long sequence) {
    return lines.stream().filter(line -> line.sequence > sequence).map(Line::json);
  }
}
