package ffc.runs.record;

import ffc.core.train.RunSummary;
import ffc.core.train.StepReport;
import ffc.eval.roc.EvalResult;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The JSON form of what a run reports; the keys are a contract with whoever reads the files. */
public final class RunJson {
  private RunJson() {}

  /**
   * A line of {@code steps.jsonl}.
   *
   * @param seconds that the run has trained and evaluated up to this step, over all resumes
   */
  public static ObjectNode step(StepReport report, double seconds) {
    ObjectNode line = Json.object();
    line.put("step", report.step());
    line.put("images", report.images());
    TrainedTime.put(line, seconds);
    line.put("epoch", report.epoch());
    line.put("id_epoch", report.idEpoch());
    Json.put(line, Figures.LOSS.name(), report.loss());
    Json.put(line, "terms", report.terms());
    Json.put(line, Figures.LEARNING_RATE.name(), report.learningRate());
    Json.put(line, Figures.GRADIENT_NORM.name(), report.gradientNorm());
    Json.put(line, Figures.IMAGES_PER_SECOND.name(), report.imagesPerSecond());
    Json.put(line, Figures.DATA_WAIT.name(), report.dataWaitShare());
    Json.put(line, "statistics", report.statistics());
    line.put(Figures.MEMORY.name(), report.rssBytes());
    return line;
  }

  /** A line of {@code evaluations.jsonl}. */
  public static ObjectNode evaluation(long step, EvalResult result) {
    ObjectNode line = Json.object();
    line.put("step", step);
    line.setAll(evaluation(result));
    return line;
  }

  /** One result by itself: figures, curves, strata and neighbours. */
  public static ObjectNode evaluation(EvalResult result) {
    ObjectNode line = Json.object();
    line.put("set", result.name());
    line.put("images", result.images());
    line.put("identities", result.identities());
    line.put("flip", result.flip());
    line.put("seconds", result.seconds());
    line.set("figures", figures(result));
    if (!result.thresholds().isEmpty()) {
      Json.put(line, "thresholds", result.thresholds());
    }
    EvaluationJson.roc(line, result.roc());
    EvaluationJson.scores(line, result.scores());
    EvaluationJson.cmc(line, result.cmc());
    EvaluationJson.groups(line, result.groups());
    EvaluationJson.neighbours(line, result.neighbours());
    if (!result.notes().isEmpty()) {
      result.notes().forEach(line.putArray("notes")::add);
    }
    return line;
  }

  /**
   * The figures of a set as {@code summary.json} names them; those that do not apply are absent.
   */
  static ObjectNode figures(EvalResult result) {
    ObjectNode figures = Json.object();
    EvaluationJson.figures(figures, result.figures());
    return figures;
  }

  /**
   * {@code summary.json}.
   *
   * @param evaluated latest figures by set, over all resumes
   * @param failed why the latest evaluation of a set failed, by set
   */
  static ObjectNode summary(
      RunSummary summary, Map<String, JsonNode> evaluated, Map<String, String> failed) {
    ObjectNode node = Json.object();
    node.put("method", summary.method());
    node.put("finished", summary.finished());
    node.put("steps", summary.steps());
    node.put("images", summary.images());
    Json.put(node, "images_per_second", summary.imagesPerSecond());
    if (Double.isFinite(summary.stepMsP50())) {
      ObjectNode times = node.putObject("step_ms");
      Json.put(times, "p50", summary.stepMsP50());
      Json.put(times, "p99", summary.stepMsP99());
    }
    node.put("skipped_steps", summary.skippedSteps());
    node.put("peak_rss_bytes", summary.peakRssBytes());
    node.put("peak_anon_bytes", summary.peakAnonBytes());
    node.put("heap_peak_bytes", summary.heapPeakBytes());
    if (summary.devicePeakBytes() != null) {
      node.put("device_peak_bytes", summary.devicePeakBytes());
    }
    ObjectNode predicted = node.putObject("predicted_bytes");
    summary.predicted().parts().forEach(predicted::put);
    if (summary.devicePeakBytes() != null) { // a CPU's networks lie in the machine like all else
      node.put("predicted_device_bytes", summary.predicted().onDevice());
    }
    ObjectNode eval = node.putObject("eval");
    evaluated.forEach(eval::set);
    if (!failed.isEmpty()) {
      ObjectNode reasons = node.putObject("not_evaluated");
      failed.forEach(reasons::put);
    }
    return node;
  }

  /** What a process measures of its own steps. */
  private static final List<String> MEASURED =
      List.of(
          "images_per_second",
          "step_ms",
          "skipped_steps",
          "peak_rss_bytes",
          "peak_anon_bytes",
          "heap_peak_bytes",
          "device_peak_bytes");

  /**
   * Puts the measurements of an earlier summary in place of those of a process that has made no
   * step. Without a summary that can be read, or with one of another step, nothing changes.
   */
  static void keepMeasured(ObjectNode summary, Path earlier) throws IOException {
    if (Files.notExists(earlier)) {
      return;
    }
    JsonNode before;
    try {
      before = Json.parse(Files.readString(earlier));
    } catch (JacksonException | CharacterCodingException e) {
      return;
    }
    if (before.path("steps").asLong(-1) != summary.path("steps").asLong()) {
      return;
    }
    for (String name : MEASURED) {
      if (before.has(name)) {
        summary.set(name, before.get(name));
      }
    }
  }
}
