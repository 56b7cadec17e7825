package ffc.loaders.tools;

import static java.util.stream.Collectors.joining;

import ffc.loaders.data.Bracket;
import ffc.loaders.data.Columns;
import ffc.loaders.data.Counted;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@link DataStats} as text, JSON and a plot. */
public final class StatsReport {
  private static final int WIDTH = 640;
  private static final int HEIGHT = 320;
  private static final int MARGIN = 48;

  private StatsReport() {}

  /** Lines for people. */
  public static String text(DataStats stats) {
    StringBuilder out = new StringBuilder();
    line(out, "%s", stats.name());
    line(out, "identities  %,d", stats.identities());
    line(out, "images      %,d", stats.images());
    line(
        out,
        "images per identity: mean %.2f, median %d, max %d",
        stats.mean(),
        stats.median(),
        stats.max());
    for (DataStats.Stratum stratum : stats.strata()) {
      line(
          out,
          "%-7s (%s images): %s (%.1f %%), %s (%.1f %%)",
          stratum.name(),
          stratum.range(),
          Counted.of(stratum.identities(), "identity"),
          100.0 * stratum.identities() / stats.identities(),
          Counted.of(stratum.images(), "image"),
          100.0 * stratum.images() / stats.images());
    }
    List<List<String>> histogram = new ArrayList<>(List.of(List.of("images", "identities")));
    for (Bracket images : Bracket.upTo(stats.max())) {
      histogram.add(
          List.of(
              images.toString(),
              String.format(Locale.ROOT, "%,d", images.identities(stats.histogram()))));
    }
    out.append(Columns.aligned(histogram, column -> true));
    if (stats.sampled() > 0) {
      line(
          out,
          "sizes (height x width) of %s: %s; mean of %,.0f bytes",
          Counted.of(stats.sampled(), "image"),
          stats.sizes().entrySet().stream()
              .map(size -> "%s (%,d)".formatted(size.getKey(), size.getValue()))
              .collect(joining(", ")),
          stats.encodedBytes());
    }
    return out.toString();
  }

  private static void line(StringBuilder out, String format, Object... arguments) {
    out.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }

  /** One JSON object. */
  public static String json(DataStats stats) {
    StringBuilder out = new StringBuilder("{");
    out.append("\"name\":").append(quote(stats.name()));
    out.append(",\"identities\":").append(stats.identities());
    out.append(",\"images\":").append(stats.images());
    out.append(",\"mean\":").append(stats.mean());
    out.append(",\"median\":").append(stats.median());
    out.append(",\"max\":").append(stats.max());
    out.append(",\"strata\":{");
    String comma = "";
    for (DataStats.Stratum stratum : stats.strata()) {
      out.append(comma).append(quote(stratum.name())).append(":{\"images_per_identity\":");
      out.append(quote(stratum.range())).append(",\"identities\":").append(stratum.identities());
      out.append(",\"images\":").append(stratum.images()).append('}');
      comma = ",";
    }
    out.append("},\"histogram\":");
    map(out, stats.histogram());
    out.append(",\"sampled\":").append(stats.sampled()).append(",\"sizes\":");
    map(out, stats.sizes());
    out.append(",\"mean_encoded_bytes\":").append(stats.encodedBytes());
    return out.append("}").toString();
  }

  private static void map(StringBuilder out, Map<?, Long> values) {
    out.append('{');
    for (Iterator<? extends Map.Entry<?, Long>> i = values.entrySet().iterator(); i.hasNext(); ) {
      Map.Entry<?, Long> entry = i.next();
      out.append(quote(entry.getKey().toString())).append(':').append(entry.getValue());
      out.append(i.hasNext() ? "," : "");
    }
    out.append('}');
  }

  static String quote(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < 0x20) {
        out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }

  /** The histogram as a stand-alone SVG, both axes logarithmic. */
  public static String svg(DataStats stats) {
    double x1 = Math.log10(Math.max(10, stats.max()));
    long most = stats.histogram().values().stream().mapToLong(Long::longValue).max().orElse(1);
    double y1 = Math.log10(Math.max(10, most));
    StringBuilder out = new StringBuilder();
    line(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\""
            + " font-family=\"sans-serif\" font-size=\"12\">",
        WIDTH,
        HEIGHT);
    line(out, "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>");
    for (long tick : ticks(x1)) {
      double x = x(Math.log10(tick), x1);
      line(
          out,
          "<path d=\"M%.1f %d V%d\" stroke=\"#ddd\"/><text x=\"%.1f\" y=\"%d\""
              + " text-anchor=\"middle\">%s</text>",
          x,
          MARGIN,
          HEIGHT - MARGIN,
          x,
          HEIGHT - MARGIN + 16,
          label(tick));
    }
    for (long tick : ticks(y1)) {
      double y = y(Math.log10(tick), y1);
      line(
          out,
          "<path d=\"M%d %.1f H%d\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\""
              + " text-anchor=\"end\">%s</text>",
          MARGIN,
          y,
          WIDTH - MARGIN,
          MARGIN - 4,
          y + 4,
          label(tick));
    }
    stats
        .histogram()
        .forEach(
            (size, ids) ->
                line(
                    out,
                    "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"#1f77b4\"/>",
                    x(Math.log10(size), x1),
                    y(Math.log10(ids), y1)));
    line(
        out,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">images per identity</text>",
        WIDTH / 2,
        HEIGHT - 8);
    line(out, "<text x=\"%d\" y=\"24\">identities (%,d in all)</text>", MARGIN, stats.identities());
    return out + "</svg>\n";
  }

  /** Powers of ten up to one given by its logarithm; of few, twice and five times each as well. */
  private static List<Long> ticks(double most) {
    List<Long> ticks = new ArrayList<>();
    for (long power = 1; Math.log10(power) <= most; power *= 10) {
      for (long factor : most < 3 ? new long[] {1, 2, 5} : new long[] {1}) {
        if (Math.log10(power * factor) <= most) {
          ticks.add(power * factor);
        }
      }
    }
    return ticks;
  }

  /** In the room beside the plot. */
  private static String label(long tick) {
    return tick < 1_000_000
        ? String.format(Locale.ROOT, "%,d", tick)
        : "1e" + Math.round(Math.log10(tick));
  }

  private static double x(double log, double most) {
    return MARGIN + log / most * (WIDTH - 2 * MARGIN);
  }

  private static double y(double log, double most) {
    return HEIGHT - MARGIN - log / most * (HEIGHT - 2 * MARGIN);
  }
}
