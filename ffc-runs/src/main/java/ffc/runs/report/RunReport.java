package ffc.runs.report;

import static java.util.stream.Collectors.joining;

import ffc.formats.WholeFile;
import ffc.runs.experiment.Experiment;
import ffc.runs.page.Html;
import ffc.runs.page.Timeline;
import ffc.runs.record.RunState;
import ffc.runs.record.RunTarget;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;

/** {@code report.html}: what a run did, from its records. */
public final class RunReport {
  private final RunFiles run;
  private final Pictures pictures;
  private final RunState state;

  /**
   * The report that a run makes at its end, while it still holds its folder.
   *
   * @param run the records
   * @param pictures images of the evaluation sets
   */
  public RunReport(RunFiles run, Pictures pictures) {
    this(run, pictures, RunState.atItsEnd(run.folder(), run.summary(), run.lastStep()));
  }

  private RunReport(RunFiles run, Pictures pictures, RunState state) {
    this.run = run;
    this.pictures = pictures;
    this.state = state;
  }

  /**
   * Writes the report of any run, whatever has become of it, from what it has recorded. Pictures
   * are left out where the record of its experiment or its data cannot be read.
   *
   * @return the page
   * @throws IllegalArgumentException if the folder is no run
   */
  public static Path writeOf(Path folder) throws IOException {
    RunFiles files = RunFiles.read(folder);
    RunState state = RunState.of(folder, files.summary(), files.lastStep());
    Optional<Experiment> experiment = RunTarget.recorded(folder);
    if (experiment.isEmpty()) {
      return new RunReport(files, (set, image) -> null, state).write();
    }
    try (DatasetPictures pictures = new DatasetPictures(experiment.get())) {
      return new RunReport(files, pictures, state).write();
    }
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
    body.append(Html.escape(name))
        .append("</h1><p>")
        .append(subtitle())
        .append("</p>")
        .append(notes())
        .append("</header>\n");
    body.append(new Headline(run).html());
    body.append(failure());
    RunCharts charts = new RunCharts(run.steps(), run.evaluations(), run.manifest());
    body.append(Timeline.TOOLS).append(charts.alongSteps()).append(charts.accuracy());
    NeighbourTable neighbours = new NeighbourTable(pictures);
    run.latestEvaluations().values().forEach(e -> body.append(neighbours.html(e)));
    body.append(charts.overSteps());
    body.append(augmentation());
    body.append(new Facts(run).html());
    return Html.page(name + " – FFC run", body.append("</main>\n").toString());
  }

  private String notes() {
    String tags = run.notes().tags().stream().map(tag -> "#" + tag).collect(joining(" "));
    String text = (run.notes().note() + "  " + tags).strip();
    return text.isEmpty() ? "" : "<p class=\"note\">" + Html.escape(text) + "</p>";
  }

  private String failure() {
    return state != RunState.failed
        ? ""
        : RunState.failure(run.folder())
            .map(
                line ->
                    "<section class=\"card wide\"><h3>Failure</h3><p><span class=\"lost\">"
                        + Html.escape(line)
                        + "</span></p><p>All of it stands in run.log; --resume goes on from the newest"
                        + " checkpoint.</p></section>\n")
            .orElse("");
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
    return Html.escape(
        "method " + configValue("type") + ", " + state.text() + " at step " + run.lastStep());
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
