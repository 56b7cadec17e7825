package ffc.runs.page;

import ffc.runs.record.Json;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How many images and how much time a run had taken at its steps: by it the page's script draws
 * charts over these.
 *
 * @param run name of the series that are this run's; empty on a page of one run
 * @param points (step, images, seconds) by rising step; NaN where a record does not tell
 */
public record Timeline(String run, List<double[]> points) {
  /** Enough for time, which is straight but for evaluations. */
  private static final int KEPT = 250;

  /** The form of the controls that the script shows where there are charts over steps. */
  public static final String TOOLS =
      "<form class=\"tools\" hidden><label>x in <select name=\"x\" autocomplete=\"off\">"
          + "<option value=\"step\">steps</option><option value=\"images\">images</option>"
          + "<option value=\"seconds\">time</option></select></label>"
          + "<label>smoothing <input type=\"range\" name=\"smoothing\" min=\"0\" max=\"0.99\""
          + " step=\"0.01\" value=\"0\" autocomplete=\"off\"> <output>off</output></label></form>\n";

  /** For a page of {@link Html}; shows nothing by itself. */
  public String html() {
    ObjectNode json = Json.object();
    json.put("run", run);
    ArrayNode kept = json.putArray("points");
    int stride = Math.max(1, points.size() / KEPT);
    for (int i = 0; i < points.size(); i++) {
      if (i % stride == 0 || i == points.size() - 1) {
        ArrayNode point = kept.addArray();
        for (double value : points.get(i)) {
          if (Double.isFinite(value)) {
            point.add(Math.round(value * 10) / 10.0);
          } else {
            point.addNull();
          }
        }
      }
    }
    return "<div hidden data-timeline=\"" + Html.escape(json.toString()) + "\"></div>\n";
  }
}
