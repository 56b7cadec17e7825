package ffc.runs.report;

import ffc.eval.roc.EvalFigure;
import ffc.formats.WholeFile;
import ffc.runs.experiment.ConfigWriter;
import ffc.runs.page.Chart;
import ffc.runs.page.Html;
import ffc.runs.page.Series;
import ffc.runs.page.Table;
import ffc.runs.page.Timeline;
import ffc.runs.record.EvaluationJson;
import ffc.runs.record.Figure;
import ffc.runs.record.Figures;
import ffc.runs.record.RunDirectory;
import ffc.runs.record.RunState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** Several runs side by side: figures, differing settings, curves. */
public final class RunComparison {
  private static final List<Figure> COMPARED =
      List.of(
          Figures.LOSS,
          Figures.LEARNING_RATE,
          Figures.GRADIENT_NORM,
          Figures.IMAGES_PER_SECOND,
          Figures.MEMORY);

  private static final Pattern EVALUATION = Pattern.compile("evaluate\\.\\d+\\.");

  /** One figure of each kind, for a table that fits a terminal. */
  private static final Set<String> HEADLINE =
      Set.of(EvalFigure.ACCURACY.path(), EvalFigure.TAR_AT_FAR.at("1e-3"), EvalFigure.RANK.at(1));

  private static final String RUN = "run";
  private static final String TAGS = "tags";
  private static final String NOTE = "note";

  private final List<RunFiles> runs;
  private final List<String> names;

  /**
   * @param runs at least one, in the order to show
   */
  public RunComparison(List<RunFiles> runs) {
    this.runs = List.copyOf(runs);
    List<String> folders = runs.stream().map(RunComparison::name).toList();
    names = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      // Runs of several places may have one name.
      boolean single = Collections.frequency(folders, folders.get(i)) == 1;
      names.add(single ? folders.get(i) : runs.get(i).folder().toString());
    }
  }

  /**
   * Heading and one row a run: state, steps, loss, speed, memory and the figures of each set; tags
   * and notes where a run has some.
   */
  public List<List<String>> table() {
    List<Map<String, String>> each = runs.stream().map(RunComparison::values).toList();
    Set<String> columns = new LinkedHashSet<>();
    each.forEach(values -> columns.addAll(values.keySet()));
    for (String last : List.of(TAGS, NOTE)) { // behind the figures that only some runs have
      columns.remove(last);
      if (each.stream().anyMatch(values -> !values.get(last).isEmpty())) {
        columns.add(last);
      }
    }
    List<List<String>> rows = new ArrayList<>(List.of(List.copyOf(columns)));
    for (int i = 0; i < runs.size(); i++) {
      Map<String, String> values = each.get(i);
      values.put(RUN, names.get(i));
      rows.add(columns.stream().map(name -> values.getOrDefault(name, "-")).toList());
    }
    return rows;
  }

  /** The same with a column for each run, which fits a terminal where the runs are few. */
  public List<List<String>> sideBySide() {
    List<List<String>> table = table();
    List<List<String>> turned = new ArrayList<>();
    for (int column = 0; column < table.get(0).size(); column++) {
      int at = column;
      turned.add(table.stream().map(row -> row.get(at)).toList());
    }
    return turned;
  }

  /** What is shown of a run, by column. */
  static Map<String, String> values(RunFiles run) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put(RUN, name(run));
    values.put("state", state(run));
    values.put("steps", Long.toString(run.lastStep()));
    values.put(
        Figures.LOSS.label(),
        run.steps().isEmpty()
            ? "-"
            : Html.format(Figures.LOSS.format(), Figures.LOSS.of(last(run))));
    values.put(Figures.IMAGES_PER_SECOND.label(), imagesPerSecond(run));
    values.put("peak MB", number("%.0f", run.summary().path("peak_rss_bytes"), 1e-6));
    headline(run).forEach((name, value) -> values.put(name, Html.format("%.4f", value)));
    values.put(TAGS, String.join(" ", run.notes().tags()));
    values.put(NOTE, run.notes().note());
    return values;
  }

  /** Of the whole run, or, where it ended without a summary, as last reported. */
  private static String imagesPerSecond(RunFiles run) {
    JsonNode whole = run.summary().path("images_per_second");
    return whole.isNumber() || run.steps().isEmpty()
        ? number("%.0f", whole, 1)
        : Html.format("%.0f", Figures.IMAGES_PER_SECOND.of(last(run)));
  }

  private static String state(RunFiles run) {
    return RunState.of(run.folder(), run.summary(), run.lastStep()).name();
  }

  /** Settings in which the runs differ, a row each; only the heading if there are none. */
  public List<List<String>> settings() {
    List<Map<String, String>> settings =
        whole(runs.stream().map(run -> settings(run.folder())).toList());
    Set<String> paths = new LinkedHashSet<>();
    settings.forEach(s -> paths.addAll(s.keySet()));
    List<List<String>> rows = new ArrayList<>();
    List<String> heading = new ArrayList<>(List.of("setting"));
    heading.addAll(names);
    rows.add(heading);
    for (String path : paths) {
      List<String> values = settings.stream().map(s -> s.getOrDefault(path, "-")).toList();
      if (Set.copyOf(values).size() > 1) {
        List<String> row = new ArrayList<>(List.of(path));
        row.addAll(values);
        rows.add(row);
      }
    }
    if (rows.size() == 1) {
      rows.add(new ArrayList<>(List.of("(all equal)")));
      runs.forEach(run -> rows.get(1).add(""));
    }
    return rows;
  }

  /**
   * An evaluation that one of the runs lacks is one setting, its name and path: a line for each of
   * its fields would say no more.
   */
  private static List<Map<String, String>> whole(List<Map<String, String>> settings) {
    List<Map<String, String>> joined = new ArrayList<>();
    for (Map<String, String> run : settings) {
      Map<String, String> own = new LinkedHashMap<>();
      for (Map.Entry<String, String> setting : run.entrySet()) {
        Matcher element = EVALUATION.matcher(setting.getKey());
        String prefix = element.lookingAt() ? element.group() : null;
        if (prefix != null && settings.stream().anyMatch(other -> lacks(other, prefix))) {
          own.put(
              prefix.substring(0, prefix.length() - 1),
              run.getOrDefault(prefix + "name", "") + " " + run.getOrDefault(prefix + "path", ""));
        } else if (!setting.getKey().equals("evaluate")) { // an empty list
          own.put(setting.getKey(), setting.getValue());
        }
      }
      joined.add(own);
    }
    return joined;
  }

  private static boolean lacks(Map<String, String> settings, String prefix) {
    return settings.keySet().stream().noneMatch(path -> path.startsWith(prefix));
  }

  /** None of a run whose record of them is damaged: its figures can still be compared. */
  static Map<String, String> settings(Path run) {
    try {
      return ConfigWriter.flat(RunDirectory.config(run));
    } catch (IllegalArgumentException e) {
      return Map.of("(config.resolved.yaml)", "cannot be read");
    }
  }

  /** Writes the page with the tables and the curves of all runs; returns its path. */
  public Path write(Path file) throws IOException {
    StringBuilder body = new StringBuilder("<main><header><h1>Runs compared</h1><p>");
    body.append(runs.size()).append(" runs</p></header>\n");
    body.append("<section class=\"card wide\"><h3>Figures</h3>");
    body.append(new Table(sideBySide()).html()).append("</section>\n");
    body.append("<section class=\"card wide\"><h3>Settings that differ</h3>");
    body.append(new Table(settings()).html()).append("</section>\n");
    body.append(Timeline.TOOLS);
    for (int i = 0; i < runs.size(); i++) {
      body.append(RunCharts.timeline(names.get(i), runs.get(i).steps()).html());
    }
    body.append("<div class=\"grid\">\n");
    for (Chart chart : charts()) {
      if (!chart.isEmpty()) {
        body.append(chart.html());
      }
    }
    body.append("</div></main>\n");
    WholeFile.create(file, Html.page("Runs compared – FFC", body.toString()));
    return file;
  }

  private List<Chart> charts() {
    List<Chart> charts = new ArrayList<>();
    Set<String> sets = new LinkedHashSet<>();
    runs.forEach(run -> sets.addAll(run.latestEvaluations().keySet()));
    for (String set : sets) {
      charts.add(
          new Chart(
              "ROC on " + set,
              "true accept rate by false accept rate, last evaluation",
              "false accept rate",
              each(run -> roc(run, set)),
              true,
              true));
    }
    for (Figures.Together together : Figures.table()) {
      for (Figure figure : together.figures()) {
        if (COMPARED.contains(figure)) {
          charts.add(curve(together, figure));
        }
      }
    }
    return charts;
  }

  private Chart curve(Figures.Together together, Figure figure) {
    List<Series> series =
        each(
            run ->
                run.steps().stream()
                    .map(line -> new double[] {line.path("step").asDouble(), figure.of(line)})
                    .toList());
    return Chart.overSteps(
        together.title(),
        figure == Figures.LOSS ? "of the reported steps" : together.note(),
        series,
        together.fromZero(),
        List.of());
  }

  /** A line of each run, by its name. */
  private List<Series> each(Function<RunFiles, List<double[]>> points) {
    List<Series> series = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      series.add(new Series(names.get(i), points.apply(runs.get(i))));
    }
    return series;
  }

  private static List<double[]> roc(RunFiles run, String set) {
    List<double[]> points = new ArrayList<>();
    JsonNode evaluation = run.latestEvaluations().get(set);
    if (evaluation != null) {
      evaluation
          .path("roc")
          .forEach(p -> points.add(new double[] {p.get(0).asDouble(), p.get(1).asDouble()}));
    }
    return points;
  }

  /** The figures of each set that are looked at first. */
  private static Map<String, Double> headline(RunFiles run) {
    Map<String, Double> figures = new LinkedHashMap<>();
    run.latestEvaluations()
        .forEach(
            (set, line) ->
                EvaluationJson.figures(line.path("figures"))
                    .forEach(
                        (path, value) -> {
                          if (HEADLINE.contains(path)) {
                            figures.put(set + " " + EvalFigure.label(path), value);
                          }
                        }));
    return figures;
  }

  private static JsonNode last(RunFiles run) {
    return run.steps().get(run.steps().size() - 1);
  }

  private static String number(String format, JsonNode value, double factor) {
    return value.isNumber() ? Html.format(format, value.asDouble() * factor) : "-";
  }

  private static String name(RunFiles run) {
    Path folder = run.folder().toAbsolutePath().normalize();
    return folder.getFileName().toString();
  }
}
