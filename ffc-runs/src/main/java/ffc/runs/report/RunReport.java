package ffc.runs.report;

import ffc.formats.WholeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import tools.jackson.databind.JsonNode;

/** {@code report.html}: what a run did, from its records. */
public final class RunReport {
  private final RunFiles run;
  private final Pictures pictures;

  /**
   * @param run the records
   * @param pictures images of the evaluation sets
   */
  public RunReport(RunFiles run, Pictures pictures) {
    this.run = run;
    this.pictures = pictures;
  }

  /** Writes the report into the run directory and returns its path. */
  public Path write() throws IOException {
    Path file = run.folder().resolve("report.html");
    WholeFile.write(file, html());
    return file;
  }

  String html() {
    String name = configValue("name");
    StringBuilder body = new StringBuilder("<main><header><h1>");
    body.append(Html.escape(name)).append("</h1><p>").append(subtitle()).append("</p></header>\n");
    body.append(new Headline(run).html());
    RunCharts charts = new RunCharts(run.steps(), run.evaluations());
    body.append(charts.accuracy());
    NeighbourTable neighbours = new NeighbourTable(pictures);
    run.latestEvaluations().values().forEach(e -> body.append(neighbours.html(e)));
    body.append(charts.overSteps());
    body.append(augmentation());
    body.append(new Facts(run).html());
    return Html.page(name + " – FFC run", body.append("</main>\n").toString());
  }

  private String augmentation() {
    byte[] sheet = pictures.augmented();
    return sheet == null
        ? ""
        : "<section class=\"card wide\"><h3>Augmentation</h3><p>Training images as they are at the left, and as the"
            + " network may see them.</p><img class=\"sheet\" alt=\"augmented training images\" src=\"data:image/png;base64,"
            + Base64.getEncoder().encodeToString(sheet)
            + "\"></section>\n";
  }

  private String subtitle() {
    JsonNode summary = run.summary();
    String state =
        summary.isEmpty()
            ? "in progress"
            : summary.path("finished").asBoolean(true) ? "finished" : "interrupted";
    return Html.escape(
        "method " + configValue("type") + ", " + state + " at step " + run.lastStep());
  }

  /** First value of a key in the resolved config, where {@code method} has the first type. */
  private String configValue(String key) {
    return run.config()
        .lines()
        .map(String::strip)
        .filter(line -> line.startsWith(key + ": "))
        .map(line -> line.substring(key.length() + 2).replace("\"", ""))
        .findFirst()
        .orElse(run.folder().getFileName().toString());
  }
}
