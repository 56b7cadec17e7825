package ffc.runs.compare;

import ffc.eval.roc.EvalFigure;
import ffc.runs.page.Chart;
import ffc.runs.page.Html;
import ffc.runs.page.Table;
import ffc.runs.plan.ByteSize;
import ffc.runs.record.Figures;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code comparison.html}: tables, plots and notes in one file that needs nothing else. */
public final class ComparisonPage {
  private final Outcome outcome;
  private final ObjectNode machine;

  public ComparisonPage(Outcome outcome, ObjectNode machine) {
    this.outcome = outcome;
    this.machine = machine;
  }

  public String html() throws IOException {
    Comparison comparison = outcome.comparison();
    StringBuilder body = new StringBuilder("<main><header><h1>");
    body.append(Html.escape(comparison.title())).append("</h1><p>");
    body.append(Html.escape(subtitle())).append("</p></header>\n");
    for (Comparison.Dataset dataset : comparison.datasets()) {
      if (!outcome.on(dataset).isTold()) {
        continue;
      }
      if (!dataset.name().isEmpty()) {
        body.append("<h2 class=\"set\">").append(Html.escape(dataset.name())).append("</h2>\n");
      }
      body.append(new ComparisonPage(outcome.on(dataset), machine).sections());
    }
    return Html.page(comparison.title(), body.append(notes()).append("</main>").toString());
  }

  /** Tables and charts of one data set. */
  private String sections() {
    Comparison comparison = outcome.comparison();
    StringBuilder body = new StringBuilder();
    if (!outcome.figureNames().isEmpty()) {
      body.append("<h2>Accuracy and cost</h2>\n").append(accuracy());
    } else if (!comparison.overClasses()) {
      body.append("<h2>Cost</h2>\n").append(accuracy());
    }
    if (!outcome.strataNames().isEmpty()) {
      body.append("<h2>Accuracy by size of the identity</h2>\n").append(strata());
    }
    if (comparison.overClasses()) {
      body.append("<h2>Cost by number of identities</h2>\n").append(scale());
    }
    List<Chart> charts = new Plots(outcome).charts();
    if (!charts.isEmpty()) {
      body.append("<div class=\"grid\">");
      charts.forEach(chart -> body.append(chart.html()));
      body.append("</div>\n");
    }
    if (!outcome.splitNames().isEmpty()) {
      body.append("<h2>Where a step goes, ms</h2>\n").append(split());
    }
    return body.toString();
  }

  private String subtitle() {
    Comparison c = outcome.comparison();
    return c.contenders().size()
        + " methods, "
        + (c.datasets().size() == 1 ? "" : c.datasets().size() + " data sets, ")
        + c.seeds().size()
        + (c.seeds().size() == 1 ? " seed, " : " seeds, ")
        + (c.overClasses() ? c.classes().size() + " class counts, " : "")
        + outcome.results().size()
        + " of "
        + Cell.of(c).size()
        + " cells measured"
        + (outcome.missing().isEmpty() ? "" : ", " + outcome.missing().size() + " not");
  }

  private String accuracy() {
    Set<String> figures = outcome.figureNames();
    List<List<String>> rows = new ArrayList<>();
    List<String> heading = new ArrayList<>(List.of("method"));
    figures.forEach(f -> heading.add(FigureNames.text(f)));
    heading.addAll(List.of(Figures.IMAGES_PER_SECOND.label(), "peak memory", "predicted"));
    boolean target = outcome.comparison().target() != null;
    if (target) {
      heading.add("time to target");
    }
    rows.add(heading);
    for (Comparison.Contender contender : outcome.comparison().contenders()) {
      for (long classes : outcome.comparison().classes()) {
        List<String> row = new ArrayList<>(List.of(contender.name()));
        for (String figure : figures) {
          row.add(
              meanAndRange(
                  figure(contender, classes, figure),
                  FigureNames.is(EvalFigure.ACCURACY, figure) ? "%.4f" : "%.3f"));
        }
        row.addAll(cost(contender, classes));
        if (target) {
          row.add(timeToTarget(contender, classes));
        }
        rows.add(row);
      }
    }
    return table(rows);
  }

  /** A row for each stratum and method, so that methods stand below each other. */
  private String strata() {
    Set<String> strata = new LinkedHashSet<>();
    Set<String> figures = new LinkedHashSet<>();
    for (String name : outcome.strataNames()) {
      strata.add(FigureNames.stratum(name));
      figures.add(FigureNames.withinStratum(name));
    }
    figures.remove("identities");
    List<List<String>> rows = new ArrayList<>();
    List<String> heading = new ArrayList<>(List.of("identities", "number", "method"));
    figures.forEach(f -> heading.add(EvalFigure.label(f)));
    rows.add(heading);
    for (String stratum : strata) {
      String prefix = stratum.replace(", ", ".strata.") + ".";
      for (Comparison.Contender contender : outcome.comparison().contenders()) {
        for (long classes : outcome.comparison().classes()) {
          Statistics number = figure(contender, classes, prefix + "identities");
          if (number.isEmpty()) {
            continue;
          }
          List<String> row = new ArrayList<>();
          row.add(stratum);
          row.add(Html.format("%,.0f", number.median()));
          row.add(contender.name());
          for (String figure : figures) {
            row.add(meanAndRange(figure(contender, classes, prefix + figure), "%.3f"));
          }
          rows.add(row);
        }
      }
    }
    return table(rows);
  }

  private Statistics figure(Comparison.Contender contender, long classes, String name) {
    return outcome.figure(contender, classes, r -> r.figures().getOrDefault(name, Double.NaN));
  }

  private List<String> cost(Comparison.Contender contender, long classes) {
    return List.of(
        medianAndRange(contender, classes, CellResult::imagesPerSecond, "%.0f"),
        bytes(contender, classes, CellResult::peakBytes),
        bytes(contender, classes, CellResult::predictedBytes));
  }

  private String scale() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "identities",
            "method",
            Figures.IMAGES_PER_SECOND.label(),
            "step, ms",
            "peak memory",
            "predicted",
            "peak RSS with page cache",
            "heap"));
    for (long classes : outcome.comparison().classes()) {
      for (Comparison.Contender contender : outcome.comparison().contenders()) {
        List<String> row = new ArrayList<>();
        row.add(String.format(Locale.ROOT, "%,d", classes));
        row.add(contender.name());
        Outcome.Missing missing = outcome.missing(contender, classes);
        if (missing != null) {
          row.addAll(
              List.of(
                  missing.reason(),
                  "",
                  "",
                  Double.isNaN(missing.predictedBytes())
                      ? "–"
                      : ByteSize.text((long) missing.predictedBytes()),
                  "",
                  ""));
        } else {
          row.add(medianAndRange(contender, classes, CellResult::imagesPerSecond, "%.0f"));
          row.add(medianAndRange(contender, classes, CellResult::stepMs, "%.1f"));
          row.add(bytes(contender, classes, CellResult::peakBytes));
          row.add(bytes(contender, classes, CellResult::predictedBytes));
          row.add(bytes(contender, classes, CellResult::peakRssBytes));
          row.add(bytes(contender, classes, CellResult::heapPeakBytes));
        }
        rows.add(row);
      }
    }
    return table(rows);
  }

  private String split() {
    Set<String> parts = outcome.splitNames();
    List<List<String>> rows = new ArrayList<>();
    List<String> heading = new ArrayList<>();
    if (outcome.comparison().overClasses()) {
      heading.add("identities");
    }
    heading.add("method");
    heading.addAll(parts);
    rows.add(heading);
    for (long classes : outcome.comparison().classes()) {
      for (Comparison.Contender contender : outcome.comparison().contenders()) {
        if (outcome.of(contender, classes).isEmpty()) {
          continue;
        }
        List<String> row = new ArrayList<>();
        if (outcome.comparison().overClasses()) {
          row.add(String.format(Locale.ROOT, "%,d", classes));
        }
        row.add(contender.name());
        for (String part : parts) {
          Statistics ms =
              outcome.figure(contender, classes, r -> r.split().getOrDefault(part, Double.NaN));
          row.add(ms.isEmpty() ? "–" : Html.format("%.1f", ms.median()));
        }
        rows.add(row);
      }
    }
    return table(rows);
  }

  private String notes() {
    StringBuilder notes = new StringBuilder("<h2>How this was measured</h2>\n<ul>");
    for (String note : outcome.comparison().notes()) {
      item(notes, note);
    }
    item(
        notes,
        "Every cell ran in a JVM of its own, with the same data, batch, backbone, optimiser and"
            + " number of steps but for what a contender sets itself; contenders took turns. Throughput is that of the median step,"
            + " loading included, without the first 10 steps, evaluation and checkpoints.");
    item(
        notes,
        "Figures are medians with the range over seeds and repeats in brackets; accuracies are"
            + " means with the range. Peak memory is anonymous memory (page cache aside), on an"
            + " accelerator the device's.");
    if (!outcome.strataNames().isEmpty()) {
      item(
          notes,
          "Head identities have 20 images or more, middle ones 4 to 19, tail ones fewer: in the"
              + " evaluated set itself, unless evaluate.strata says training. Rates are shares of"
              + " their genuine pairs at the thresholds of the whole set.");
    }
    item(notes, "Predictions were made before anything ran, by the memory plan.");
    List<String> notRun = new ArrayList<>();
    for (Outcome.Missing m : outcome.missing()) {
      if (m.reason().equals(Outcome.Missing.NOT_RUN)) {
        notRun.add(m.cell().folder());
      } else {
        item(notes, "Not measured: " + m.cell().folder() + " (" + m.reason() + ").");
      }
    }
    if (!notRun.isEmpty()) {
      item(notes, "Not run yet: " + String.join(", ", notRun) + ".");
    }
    for (Map.Entry<String, JsonNode> fact : machine.properties()) {
      if (!fact.getValue().isContainer() || !fact.getValue().isEmpty()) {
        item(
            notes,
            fact.getKey().replace('_', ' ')
                + ": "
                + (fact.getKey().endsWith("bytes")
                    ? ByteSize.text(fact.getValue().asLong())
                    : fact.getValue().isString()
                        ? fact.getValue().stringValue()
                        : fact.getValue().toString()));
      }
    }
    return notes.append("</ul>\n").toString();
  }

  private static void item(StringBuilder list, String text) {
    list.append("<li>").append(Html.escape(text)).append("</li>\n");
  }

  private static String meanAndRange(Statistics s, String format) {
    return s.isEmpty() ? "–" : range(s, s.mean(), format);
  }

  private String medianAndRange(
      Comparison.Contender contender,
      long classes,
      ToDoubleFunction<CellResult> value,
      String format) {
    Statistics s = outcome.figure(contender, classes, value);
    return s.isEmpty() ? "–" : range(s, s.median(), format);
  }

  private static String range(Statistics s, double centre, String format) {
    String text = Html.format(format, centre);
    return s.count() == 1
        ? text
        : text + " [" + Html.format(format, s.min()) + "–" + Html.format(format, s.max()) + "]";
  }

  private String bytes(
      Comparison.Contender contender, long classes, ToDoubleFunction<CellResult> value) {
    Statistics s = outcome.figure(contender, classes, value);
    return s.isEmpty() ? "–" : ByteSize.text((long) s.median());
  }

  private String timeToTarget(Comparison.Contender contender, long classes) {
    Statistics s = outcome.figure(contender, classes, CellResult::secondsToTarget);
    if (!s.isEmpty()) {
      return Html.format("%.0f s", s.median());
    }
    // Without a step's time, as in a run of a few steps, nothing is known of it.
    return outcome.figure(contender, classes, CellResult::stepMs).isEmpty() ? "–" : "not reached";
  }

  private static String table(List<List<String>> rows) {
    return "<div class=\"card wide\">" + new Table(rows).html() + "</div>\n";
  }
}
