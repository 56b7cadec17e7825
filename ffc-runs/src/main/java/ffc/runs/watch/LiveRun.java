package ffc.runs.watch;

import ffc.core.train.RunObserver;
import ffc.core.train.RunSummary;
import ffc.core.train.StepReport;
import ffc.engine.ProcessMemory;
import ffc.eval.roc.EvalFigure;
import ffc.eval.roc.EvalResult;
import ffc.runs.page.Html;
import ffc.runs.record.Figure;
import ffc.runs.record.Figures;
import ffc.runs.record.Json;
import ffc.runs.record.JsonLines;
import ffc.runs.record.Manifest;
import ffc.runs.record.RunJson;
import ffc.runs.record.TrainedTime;
import ffc.runs.report.RunCharts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is known of a run at the moment: the training thread tells it, others read it as JSON or as
 * metrics. Of a long run a bounded, evenly thinned part of the reports is kept. Put it after the
 * recorder: a resumed run's earlier figures come from its files.
 */
public final class LiveRun implements RunObserver {
  private static final Set<String> OF_THE_MOMENT =
      Set.of(Figures.LOSS.name(), Figures.IMAGES_PER_SECOND.name(), Figures.MEMORY.name());

  private final String name;
  private final String method;
  private final Path folder;
  private final Clock clock;
  private long id;
  private ThinnedLines steps = new ThinnedLines();
  private ThinnedLines evaluations = new ThinnedLines();
  private final Map<String, Evaluated> latest = new LinkedHashMap<>();

  private JsonNode manifest = Json.object();
  private TrainedTime time;
  private long sequence;
  private String state = "starting";
  private long fromStep;
  private long toStep;
  private long step;
  private double loss = Double.NaN;
  private double imagesPerSecond = Double.NaN;
  private long startedMillis;
  private long steppedMillis;
  private long checkpointStep;
  private StepReport report;

  private record Evaluated(long step, EvalResult result) {}

  /**
   * @param name of the experiment
   * @param method its method
   * @param folder the run directory, of which earlier records are read
   * @param clock for the time left
   */
  public LiveRun(String name, String method, Path folder, Clock clock) {
    this.name = name;
    this.method = method;
    this.folder = folder;
    this.clock = clock;
    this.id = clock.millis();
  }

  @Override
  public synchronized void started(long fromStep, long toStep) {
    this.fromStep = fromStep;
    this.toStep = toStep;
    step = fromStep;
    startedMillis = clock.millis();
    steppedMillis = startedMillis;
    state = "training";
    readRecords();
  }

  private void readRecords() {
    try {
      List<JsonNode> recorded = JsonLines.read(folder.resolve("steps.jsonl"));
      recorded.forEach(line -> steps.add(++sequence, (ObjectNode) line));
      time = new TrainedTime(clock, recorded);
      manifest = Manifest.read(folder.resolve("manifest.json"));
      JsonLines.read(folder.resolve("evaluations.jsonl")).forEach(this::addEvaluation);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The page begins anew, with what the recorder has kept. */
  @Override
  public synchronized void wentBack(long from, long to) {
    id++;
    steps = new ThinnedLines();
    evaluations = new ThinnedLines();
    latest.clear();
    started(to, toStep);
  }

  @Override
  public synchronized void progress(long step, double loss, double imagesPerSecond) {
    this.step = step;
    this.loss = loss;
    this.imagesPerSecond = imagesPerSecond;
    steppedMillis = clock.millis();
  }

  @Override
  public synchronized void report(StepReport report) {
    this.report = report;
    steps.add(++sequence, RunJson.step(report, time.seconds()));
  }

  @Override
  public synchronized void evaluated(long step, EvalResult result) {
    latest.put(result.name(), new Evaluated(step, result));
    addEvaluation(RunJson.evaluation(step, result));
  }

  private void addEvaluation(JsonNode line) {
    ObjectNode kept = (ObjectNode) line.deepCopy();
    kept.remove(List.of("neighbours", "scores", "cmc", "groups"));
    // One curve a set is drawn.
    evaluations
        .after(0)
        .filter(earlier -> earlier.path("set").equals(kept.path("set")))
        .forEach(earlier -> earlier.remove("roc"));
    evaluations.add(++sequence, kept);
  }

  @Override
  public synchronized void checkpoint(long step, Path folder) {
    checkpointStep = step;
  }

  @Override
  public synchronized void finished(RunSummary summary) {
    state = summary.finished() ? "finished" : "stopped";
  }

  /**
   * What the run has told so far, for programs.
   *
   * <pre>
   * id           changes when another process serves the page, or the run went back
   * next         what to give as {@code after} the next time
   * run          name, method, state, steps, loss, images/s, seconds left
   * steps        lines of steps.jsonl
   * evaluations  lines of evaluations.jsonl without neighbours
   * </pre>
   *
   * @param after leave out the lines that came up to this number; 0 for all that are kept
   */
  synchronized String json(long after) {
    ObjectNode json = Json.object();
    json.put("id", id);
    json.put("next", sequence);
    ObjectNode run = json.putObject("run");
    run.put("name", name);
    run.put("method", method);
    run.put("state", state);
    run.put("step", step);
    run.put("last_step", toStep);
    Json.put(run, "loss", loss);
    Json.put(run, "images_per_second", imagesPerSecond);
    Json.put(run, "seconds_left", secondsLeft());
    run.put("checkpoint_step", checkpointStep);
    steps.after(after).forEach(json.putArray("steps")::add);
    evaluations.after(after).forEach(json.putArray("evaluations")::add);
    return json.toString();
  }

  /**
   * The live page's changing parts.
   *
   * <pre>
   * id, next     as in {@link #json}
   * name, title  of the experiment, of the document
   * state        training, finished, stopped; with what goes on, as text
   * done         share of the steps, in percent
   * tiles        HTML, with the figures of the moment
   * body         HTML, the curves; left out if nothing came after {@code seen}
   * </pre>
   *
   * @param seen the number of the last answer, 0 for none
   */
  synchronized String page(long seen) {
    ObjectNode json = Json.object();
    json.put("id", id);
    json.put("next", sequence);
    json.put("name", name);
    json.put("title", Html.format("%s – step %,d", name, step));
    json.put("over", !state.equals("training") && !state.equals("starting"));
    double left = secondsLeft();
    json.put(
        "state",
        Html.format("%s, %s, step %,d of %,d", method, state, step, toStep)
            + (Double.isNaN(left) ? "" : ", about " + clockText(left) + " left"));
    json.put("done", 100.0 * step / Math.max(1, toStep));
    List<JsonNode> lines = new ArrayList<>(steps.after(0).toList());
    List<JsonNode> judged = new ArrayList<>(evaluations.after(0).toList());
    json.put(
        "tiles",
        LiveTiles.html(step, toStep, loss, imagesPerSecond, checkpointStep, lines, judged));
    if (sequence > seen || seen == 0) {
      RunCharts charts = new RunCharts(lines, judged, manifest);
      json.put("body", charts.alongSteps() + charts.overSteps() + charts.accuracy());
    }
    return json.toString();
  }

  private static String clockText(double seconds) {
    long s = Math.round(seconds);
    return s < 3600
        ? Html.format("%d:%02d", s / 60, s % 60)
        : Html.format("%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
  }

  /** By the average of this process so far, evaluations and checkpoints included. */
  private double secondsLeft() {
    return step == fromStep || !state.equals("training")
        ? Double.NaN
        : (steppedMillis - startedMillis) / 1e3 / (step - fromStep) * (toStep - step);
  }

  /** The same figures for Prometheus. */
  synchronized String metrics() {
    Prometheus out = new Prometheus();
    out.gauge("ffc_run_info", "What runs; always 1", 1, "name", name, "method", method);
    out.gauge("ffc_step", "Steps completed, over all resumes", step);
    out.gauge("ffc_target_steps", "Steps that the run is to make", toStep);
    out.gauge(
        "ffc_checkpoint_step", "Step of the newest checkpoint of this process", checkpointStep);
    if (steppedMillis > 0) {
      out.gauge("ffc_last_step_timestamp_seconds", "When the last step ended", steppedMillis / 1e3);
    }
    if (!Double.isNaN(loss) || step > fromStep) {
      metric(out, Figures.LOSS.name(), loss);
      metric(out, Figures.IMAGES_PER_SECOND.name(), imagesPerSecond);
    }
    if (report != null) {
      report(out, report);
    }
    latest.forEach(
        (set, evaluated) -> {
          evaluation(out, set, evaluated.result);
          out.gauge("ffc_evaluation_step", "Step of a set's result", evaluated.step, "set", set);
        });
    out.gauge("process_resident_memory_bytes", Figures.MEMORY.help(), ProcessMemory.rss());
    Runtime jvm = Runtime.getRuntime();
    out.gauge(
        "jvm_memory_used_bytes",
        "Java heap in use",
        jvm.totalMemory() - jvm.freeMemory(),
        "area",
        "heap");
    return out.text();
  }

  private static void report(Prometheus out, StepReport report) {
    report
        .terms()
        .forEach((term, value) -> out.gauge("ffc_loss_term", "Loss by term", value, "term", term));
    Figures.values(report)
        .forEach(
            (figure, value) -> {
              // The others are known more freshly, or of the whole process.
              if (!OF_THE_MOMENT.contains(figure)) {
                metric(out, figure, value);
              }
            });
    out.gauge("ffc_epoch", "Epoch of a loader", report.epoch(), "loader", "instance");
    out.gauge("ffc_epoch", "Epoch of a loader", report.idEpoch(), "loader", "id");
    report.statistics().forEach((statistic, value) -> metric(out, statistic, value));
  }

  private static void metric(Prometheus out, String name, double value) {
    Optional<Figure> known = Figures.named(name);
    String help = known.map(Figure::help).orElse("A figure of the method: " + name);
    if (known.isPresent() && known.get().counts()) {
      out.counter("ffc_" + name + "_total", help, value);
    } else {
      out.gauge("ffc_" + name, help, value);
    }
  }

  private static void evaluation(Prometheus out, String set, EvalResult result) {
    String help = "Latest result of a set";
    result
        .figures()
        .forEach(
            (path, value) ->
                out.gauge(
                    "ffc_evaluation", help, value, "set", set, "figure", EvalFigure.tag(path)));
  }
}
