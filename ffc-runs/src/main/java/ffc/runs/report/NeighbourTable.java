package ffc.runs.report;

import ffc.runs.page.Html;
import java.util.Base64;
import tools.jackson.databind.JsonNode;

/** Probes with their nearest images: right identities framed green, wrong ones red. */
final class NeighbourTable {
  private final Pictures pictures;

  NeighbourTable(Pictures pictures) {
    this.pictures = pictures;
  }

  /** The card for a line of {@code evaluations.jsonl}; empty if it holds no neighbours. */
  String html(JsonNode evaluation) {
    String set = evaluation.path("set").asString();
    StringBuilder rows = new StringBuilder();
    int probes = 0;
    for (JsonNode probe : evaluation.path("neighbours")) {
      long identity = probe.path("identity").asLong();
      String picture = picture(set, probe.path("probe").asLong());
      if (picture == null) {
        return "";
      }
      probes++;
      rows.append("<div class=\"row\"><div class=\"probe\">").append(picture);
      rows.append("<span>ID ").append(identity).append("</span></div>");
      for (JsonNode found : probe.path("found")) {
        boolean same = found.path("identity").asLong() == identity;
        rows.append("<div class=\"").append(same ? "same" : "other").append("\" title=\"ID ");
        rows.append(found.path("identity").asLong()).append("\">");
        rows.append(picture(set, found.path("image").asLong()));
        rows.append(Html.format("<span>%.3f</span></div>", found.path("cosine").asDouble()));
      }
      rows.append("</div>");
    }
    if (probes == 0) {
      return "";
    }
    return "<section class=\"card wide\"><h3>Nearest neighbours on "
        + Html.escape(set)
        + "</h3><p>A probe image at the left, then the most similar other images of the set with"
        + " their cosine. Green frames are the probe&#39;s identity, red ones another. Probes"
        + " whose nearest neighbour is wrong come first, then some whose nearest is right.</p><div class=\"neighbours\">"
        + rows
        + "</div></section>\n";
  }

  private String picture(String set, long image) {
    byte[] png = pictures.png(set, image);
    return png == null
        ? null
        : "<img alt=\"image "
            + image
            + "\" src=\"data:image/png;base64,"
            + Base64.getEncoder().encodeToString(png)
            + "\">";
  }
}
