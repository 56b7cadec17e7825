package ffc.runs.compare;

import ffc.formats.WholeFile;
import ffc.runs.record.Figures;
import ffc.runs.record.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code comparison.json} and {@code comparison.csv}: one entry a cell, figures that read back. */
public final class ResultFiles {
  private ResultFiles() {}

  public static void write(Outcome outcome, ObjectNode machine, Path folder) throws IOException {
    WholeFile.write(
        folder.resolve("comparison.json"), json(outcome, machine).toPrettyString() + "\n");
    WholeFile.write(folder.resolve("comparison.csv"), csv(outcome));
  }

  private static ObjectNode json(Outcome outcome, ObjectNode machine) {
    ObjectNode root = Json.object();
    root.put("name", outcome.comparison().name());
    root.set("machine", machine);
    ArrayNode cells = root.putArray("cells");
    for (CellResult r : outcome.results()) {
      ObjectNode cell = cells.addObject();
      identify(cell, r.cell());
      put(cell, "images_per_second", r.imagesPerSecond());
      put(cell, "step_ms", r.stepMs());
      put(cell, Figures.DATA_WAIT.name(), r.dataWaitShare());
      put(cell, "peak_rss_bytes", r.peakRssBytes());
      put(cell, "peak_anon_bytes", r.peakAnonBytes());
      put(cell, "heap_peak_bytes", r.heapPeakBytes());
      put(cell, "device_peak_bytes", r.devicePeakBytes());
      put(cell, "predicted_bytes", r.predictedBytes());
      put(cell, "seconds_to_target", r.secondsToTarget());
      put(cell.putObject("split_ms"), r.split());
      put(cell.putObject("figures"), r.figures());
    }
    ArrayNode missing = root.putArray("missing");
    for (Outcome.Missing m : outcome.missing()) {
      ObjectNode cell = missing.addObject();
      identify(cell, m.cell());
      cell.put("reason", m.reason());
      put(cell, "predicted_bytes", m.predictedBytes());
    }
    return root;
  }

  private static void identify(ObjectNode node, Cell cell) {
    node.put("contender", cell.contender().name());
    if (!cell.dataset().name().isEmpty()) {
      node.put("dataset", cell.dataset().name());
    }
    if (cell.classes() != Comparison.AS_IS) {
      node.put("classes", cell.classes());
    }
    node.put("seed", cell.seed());
    node.put("repeat", cell.repeat());
  }

  private static void put(ObjectNode node, Map<String, Double> values) {
    values.forEach((name, value) -> put(node, name, value));
  }

  private static void put(ObjectNode node, String name, double value) {
    if (Double.isFinite(value)) {
      node.put(name, value);
    }
  }

  private static String csv(Outcome outcome) {
    Set<String> figures = new LinkedHashSet<>(outcome.figureNames());
    figures.addAll(outcome.strataNames());
    Set<String> parts = outcome.splitNames();
    StringBuilder csv =
        new StringBuilder(
            "contender,dataset,classes,seed,repeat,images_per_second,step_ms,peak_rss_bytes,"
                + "peak_anon_bytes,heap_peak_bytes,device_peak_bytes,predicted_bytes,"
                + "seconds_to_target");
    figures.forEach(name -> csv.append(',').append(name));
    parts.forEach(name -> csv.append(",ms_").append(name));
    csv.append('\n');
    for (CellResult r : outcome.results()) {
      Cell cell = r.cell();
      csv.append(quoted(cell.contender().name())).append(',');
      csv.append(cell.dataset().name().isEmpty() ? "" : quoted(cell.dataset().name()));
      csv.append(',').append(cell.classes() == Comparison.AS_IS ? "" : cell.classes());
      csv.append(',').append(cell.seed()).append(',').append(cell.repeat());
      for (double value :
          new double[] {
            r.imagesPerSecond(),
            r.stepMs(),
            r.peakRssBytes(),
            r.peakAnonBytes(),
            r.heapPeakBytes(),
            r.devicePeakBytes(),
            r.predictedBytes(),
            r.secondsToTarget()
          }) {
        number(csv, value);
      }
      figures.forEach(name -> number(csv, r.figures().getOrDefault(name, Double.NaN)));
      parts.forEach(name -> number(csv, r.split().getOrDefault(name, Double.NaN)));
      csv.append('\n');
    }
    return csv.toString();
  }

  private static String quoted(String text) {
    return '"' + text.replace("\"", "\"\"") + '"';
  }

  private static void number(StringBuilder csv, double value) {
    csv.append(',');
    if (Double.isFinite(value)) {
      csv.append(value == Math.rint(value) && Math.abs(value) < 1e15 ? "" + (long) value : value);
    }
  }
}
