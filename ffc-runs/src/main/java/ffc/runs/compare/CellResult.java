package ffc.runs.compare;

import ffc.runs.record.EvaluationJson;
import ffc.runs.record.Figures;
import ffc.runs.record.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * What a finished cell's run directory says.
 *
 * @param split milliseconds of a step by part, median over the reports; empty unless the run was
 *     profiled
 * @param figures figures of the evaluation sets at the end, by {@code set.figure}
 * @param curves by figure the evaluations on the way: step and value
 * @param secondsToTarget training time until the target was first reached; NaN if it was not
 */
public record CellResult(
    Cell cell,
    double imagesPerSecond,
    double stepMs,
    double dataWaitShare,
    Map<String, Double> split,
    double peakRssBytes,
    double peakAnonBytes,
    double heapPeakBytes,
    double devicePeakBytes,
    double predictedBytes,
    Map<String, Double> figures,
    Map<String, List<double[]>> curves,
    double secondsToTarget) {

  /** Peak memory that is no page cache; of a run on a device, the device's. */
  public double peakBytes() {
    return Double.isNaN(devicePeakBytes) ? peakAnonBytes : devicePeakBytes;
  }

  /** Reads a run directory; null if it holds no finished run. */
  public static CellResult read(
      Cell cell, Path run, double predictedBytes, Comparison.Target target) throws IOException {
    Path file = run.resolve("summary.json");
    if (!Files.exists(file)) {
      return null;
    }
    JsonNode summary = Json.parse(Files.readString(file));
    if (!summary.path("finished").asBoolean(false)) {
      return null;
    }
    List<JsonNode> steps = lines(run.resolve("steps.jsonl"));
    double stepMs = number(summary.path("step_ms").path("p50"));
    Map<String, Double> figures = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> set : summary.path("eval").properties()) {
      putAll(set.getKey(), EvaluationJson.figures(set.getValue()), figures);
    }
    List<JsonNode> evaluations = lines(run.resolve("evaluations.jsonl"));
    evaluations.forEach(line -> strata(line, figures));
    return new CellResult(
        cell,
        number(summary.path("images_per_second")),
        stepMs,
        Statistics.median(
            steps.stream().map(line -> number(line.path(Figures.DATA_WAIT.name()))).toList()),
        split(steps),
        number(summary.path("peak_rss_bytes")),
        number(summary.path("peak_anon_bytes")),
        number(summary.path("heap_peak_bytes")),
        number(summary.path("device_peak_bytes")),
        predictedBytes,
        figures,
        curves(evaluations),
        target == null ? Double.NaN : stepsTo(target, evaluations) * stepMs / 1e3);
  }

  /** Figures of head, middle and tail identities as {@code open.strata.tail.rank1}; last wins. */
  private static void strata(JsonNode evaluation, Map<String, Double> into) {
    for (JsonNode group : evaluation.path("groups")) {
      String name = group.path("name").asString("");
      if (name.equals("all")) {
        continue;
      }
      String prefix = evaluation.path("set").asString("") + ".strata." + name;
      into.put(prefix + ".identities", number(group.path("identities")));
      EvaluationJson.shares(group)
          .forEach((path, share) -> into.put(prefix + "." + path, number(share.path("value"))));
    }
  }

  private static Map<String, Double> split(List<JsonNode> steps) {
    Map<String, List<Double>> parts = new TreeMap<>();
    for (JsonNode line : steps) {
      for (Map.Entry<String, JsonNode> figure : line.path("statistics").properties()) {
        if (figure.getKey().startsWith("ms_")) {
          parts
              .computeIfAbsent(figure.getKey().substring(3), key -> new ArrayList<>())
              .add(figure.getValue().asDouble());
        }
      }
    }
    Map<String, Double> medians = new LinkedHashMap<>();
    parts.forEach((part, values) -> medians.put(part, Statistics.median(values)));
    return medians;
  }

  private static double stepsTo(Comparison.Target target, List<JsonNode> evaluations) {
    return curves(evaluations).getOrDefault(target.figure(), List.of()).stream()
        .filter(point -> point[1] >= target.value())
        .mapToDouble(point -> point[0])
        .findFirst()
        .orElse(Double.NaN);
  }

  private static Map<String, List<double[]>> curves(List<JsonNode> evaluations) {
    Map<String, List<double[]>> curves = new LinkedHashMap<>();
    for (JsonNode line : evaluations) {
      Map<String, Double> figures = new LinkedHashMap<>();
      putAll(line.path("set").asString(""), EvaluationJson.figures(line.path("figures")), figures);
      double step = line.path("step").asDouble();
      figures.forEach(
          (name, value) ->
              curves
                  .computeIfAbsent(name, key -> new ArrayList<>())
                  .add(new double[] {step, value}));
    }
    return curves;
  }

  private static void putAll(String set, Map<String, Double> from, Map<String, Double> into) {
    from.forEach((path, value) -> into.put(set + "." + path, value));
  }

  private static List<JsonNode> lines(Path file) throws IOException {
    if (!Files.exists(file)) {
      return List.of();
    }
    return Files.readAllLines(file).stream()
        .filter(line -> !line.isBlank())
        .map(Json::parse)
        .toList();
  }

  private static double number(JsonNode node) {
    return node.isNumber() ? node.asDouble() : Double.NaN;
  }
}
