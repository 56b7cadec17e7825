package ffc.cli.network;

import ffc.eval.cluster.Clustering;
import ffc.loaders.data.Bracket;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.runs.page.Html;
import ffc.runs.report.ImagePng;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The page of a clustering: what was found, how large clusters are, pictures of the largest and of
 * those in doubt.
 *
 * @param source name of the set
 * @param told lines about threshold and agreement
 * @param cohesion mean cosine within each cluster
 */
record ClusterReport(
    String source,
    String told,
    Clustering found,
    double[] cohesion,
    Dataset data,
    ImageShape shape) {
  private static final int ROWS = 40;

  /** Eight and their text fit into a column of the page. */
  private static final int SHOWN = 8;

  String html() {
    int single = found.count() - found.countOfSize(2);
    StringBuilder body = new StringBuilder("<main><header><h1>Clusters of ");
    body.append(Html.escape(source)).append("</h1></header><div class=\"tiles\">");
    body.append(Html.tile(Html.format("%,d", found.count()), "clusters", ""));
    body.append(Html.tile(Html.format("%,d", data.images()), "images", ""));
    body.append(Html.tile(Html.format("%,d", single), "clusters of one image", ""));
    body.append("</div><section class=\"card wide\"><pre>").append(Html.escape(told));
    body.append("</pre></section><div class=\"grid\">");
    sizes(body);
    body.append("</div>");
    rows(
        body,
        "The largest clusters",
        "of each its first images; beside them the number of the cluster, its images, and the mean"
            + " cosine of two of them",
        IntStream.range(0, Math.min(ROWS, found.count())).boxed().toList());
    rows(
        body,
        "Clusters in doubt",
        "those of three images or more that are least alike: here several identities may be one"
            + " cluster",
        IntStream.range(0, found.countOfSize(3))
            .boxed()
            .sorted(Comparator.comparingDouble(cluster -> cohesion[cluster]))
            .limit(ROWS)
            .toList());
    return Html.page("Clusters of " + source, body.append("</main>\n").toString());
  }

  private void sizes(StringBuilder body) {
    TreeMap<Long, Long> counts = new TreeMap<>();
    IntStream.range(0, found.count())
        .forEach(cluster -> counts.merge((long) found.size(cluster), 1L, Long::sum));
    List<Bracket> brackets = Bracket.upTo(counts.lastKey());
    long most = brackets.stream().mapToLong(b -> b.identities(counts)).max().orElse(1);
    body.append("<section class=\"card\"><h3>Images per cluster</h3>");
    body.append("<p>how many clusters have so many images</p><table>");
    for (Bracket bracket : brackets) {
      long clusters = bracket.identities(counts);
      body.append(
          Html.format(
              "<tr><th>%s</th><td class=\"bar\"><i style=\"width:%.1f%%\"></i></td>"
                  + "<td class=\"number\">%,d</td></tr>",
              bracket, 100.0 * clusters / most, clusters));
    }
    body.append("</table></section>");
  }

  private void rows(StringBuilder body, String title, String text, List<Integer> clusters) {
    body.append("<section class=\"card wide\"><h3>").append(title).append("</h3><p>");
    body.append(text).append("</p><div class=\"neighbours\">");
    for (int cluster : clusters) {
      body.append("<div class=\"row\">");
      int end = Math.min(found.starts()[cluster + 1], found.starts()[cluster] + SHOWN);
      for (int i = found.starts()[cluster]; i < end; i++) {
        int image = found.members()[i];
        body.append("<div title=\"").append(Html.escape(data.describe(image)));
        body.append("\"><img alt=\"image ").append(image);
        body.append("\" src=\"data:image/png;base64,");
        body.append(Base64.getEncoder().encodeToString(ImagePng.of(data, image, shape)));
        body.append("\"></div>");
      }
      body.append(
          Html.format(
              "<div>%d: %,d<br>%.2f</div></div>", cluster, found.size(cluster), cohesion[cluster]));
    }
    body.append("</div></section>");
  }
}
