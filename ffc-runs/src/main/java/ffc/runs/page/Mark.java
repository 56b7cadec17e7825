package ffc.runs.page;

import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Something that happened at a step of a run, for the charts over steps.
 *
 * @param text what a pointer that rests on it is told
 */
public record Mark(Kind kind, double step, String text) {
  /** What happened. */
  public enum Kind {
    evaluation("evaluation", "M1 9h8l-4 -6z"),
    skipped("skipped steps", "M1 2l8 8M1 10l8 -8"),
    resumed("resumed", "M5 0V12");

    private final String name;
    private final String glyph;

    Kind(String name, String glyph) {
      this.name = name;
      this.glyph = glyph;
    }
  }

  /** One line that explains the kinds that there are; empty if there are none. */
  public static String key(Collection<Mark> marks) {
    Map<Kind, String> kinds = new EnumMap<>(Kind.class);
    for (Mark mark : marks) {
      kinds.put(
          mark.kind,
          Html.format(
              "<span><svg viewBox=\"0 0 10 12\" aria-hidden=\"true\"><path class=\"mark %s\" d=\"%s\"/></svg>%s</span>",
              mark.kind.name(), mark.kind.glyph, mark.kind.name));
    }
    return kinds.isEmpty()
        ? ""
        : "<p class=\"marks\">" + String.join("", kinds.values()) + "</p>\n";
  }

  /** Its drawing at a place of the x axis, between the top and the floor of the chart. */
  String svg(double at, int top, int floor) {
    List<Object> path =
        switch (kind) {
          case evaluation -> List.of("M", at - 4, floor + 1.0, "h8l-4 -6z");
          case skipped -> List.of("M", at - 4, (double) top, "l8 8M", at - 4, top + 8.0, "l8 -8");
          case resumed -> List.of("M", at, (double) top, "V", (double) floor);
        };
    StringBuilder d = new StringBuilder();
    for (Object part : path) {
      d.append(d.isEmpty() ? "" : " ");
      d.append(part instanceof Double number ? Html.format("%.1f", number) : part);
    }
    return Html.format(
        "<path class=\"mark %s\" d=\"%s\"><title>%s</title></path>",
        kind.name(), d, Html.escape(text));
  }
}
