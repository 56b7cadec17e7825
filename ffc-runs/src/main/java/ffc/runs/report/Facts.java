package ffc.runs.report;

import ffc.runs.page.Html;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** The end of a report: predicted memory, machine, program and configuration. */
final class Facts {
  private final RunFiles run;

  Facts(RunFiles run) {
    this.run = run;
  }

  String html() {
    return "<div class=\"grid\">" + memory() + machine() + "</div>" + config();
  }

  private String memory() {
    JsonNode predicted = run.summary().path("predicted_bytes");
    if (predicted.isEmpty()) {
      return "";
    }
    double largest = 1;
    for (JsonNode bytes : predicted) {
      largest = Math.max(largest, bytes.asDouble());
    }
    StringBuilder rows = new StringBuilder();
    double sum = 0;
    for (Map.Entry<String, JsonNode> part : predicted.properties()) {
      double bytes = part.getValue().asDouble();
      sum += bytes;
      rows.append(
          Html.format(
              "<tr><th>%s</th><td class=\"bar\"><i style=\"width:%.1f%%\"></i></td>"
                  + "<td class=\"number\">%,.1f MB</td></tr>",
              Html.escape(part.getKey().replace('_', ' ')), 100 * bytes / largest, bytes / 1e6));
    }
    rows.append(
        Html.format(
            "<tr><th>together</th><td></td><td class=\"number\"><b>%,.1f MB</b></td></tr>",
            sum / 1e6));
    figure(rows, "of it on the GPU", "predicted_device_bytes");
    figure(rows, "measured: peak of the process", "peak_rss_bytes");
    figure(rows, "measured: peak of the GPU in use", "device_peak_bytes");
    return "<section class=\"card\"><h3>Predicted memory</h3><p>what the arrays take, before"
        + " anything runs; the process adds its code, heap and buffers</p><table>"
        + rows
        + "</table></section>";
  }

  private void figure(StringBuilder rows, String what, String name) {
    JsonNode bytes = run.summary().path(name);
    if (bytes.isNumber()) {
      rows.append(
          Html.format(
              "<tr><th>%s</th><td></td><td class=\"number\">%,.1f MB</td></tr>",
              what, bytes.asDouble() / 1e6));
    }
  }

  private String machine() {
    JsonNode manifest = run.manifest();
    JsonNode hardware = manifest.path("hardware");
    StringBuilder rows = new StringBuilder();
    row(rows, "started", manifest.path("started"));
    row(rows, "command", manifest.path("command_line"));
    if (manifest.has("git_commit")) {
      String dirty = manifest.path("git_dirty").asBoolean(false) ? " with changes" : "";
      row(rows, "commit", manifest.path("git_commit").asString() + dirty);
    }
    row(
        rows,
        "engine",
        manifest.path("engine").asString("") + " " + manifest.path("natives").asString(""));
    row(rows, "JVM", manifest.path("jvm"));
    row(
        rows,
        "processor",
        hardware.path("cpu").asString("") + ", " + hardware.path("cores").asString("?") + " cores");
    for (JsonNode gpu : hardware.path("gpus")) {
      row(rows, "GPU", gpu);
    }
    row(rows, "system", hardware.path("os"));
    for (Map.Entry<String, JsonNode> data : manifest.path("data").properties()) {
      row(rows, "data: " + data.getKey(), data.getValue());
    }
    if (manifest.path("resumed").size() > 0) {
      row(rows, "resumed", manifest.path("resumed").size() + " times");
    }
    return "<section class=\"card\"><h3>Made with</h3><table class=\"facts\">"
        + rows
        + "</table></section>";
  }

  private static void row(StringBuilder rows, String name, JsonNode value) {
    if (!value.isMissingNode()) {
      row(rows, name, value.asString(""));
    }
  }

  private static void row(StringBuilder rows, String name, String value) {
    rows.append("<tr><th>").append(Html.escape(name)).append("</th><td>");
    rows.append(Html.escape(value)).append("</td></tr>");
  }

  private String config() {
    return "<details class=\"card\"><summary>Configuration</summary><pre>"
        + Html.escape(run.config())
        + "</pre></details>\n";
  }
}
