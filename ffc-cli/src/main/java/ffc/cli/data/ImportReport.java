package ffc.cli.data;

import ffc.loaders.DataSets;
import ffc.loaders.data.Bracket;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.photos.PhotoImport;
import ffc.loaders.tools.Split;
import ffc.runs.page.Html;
import ffc.runs.report.ImagePng;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The page of an import: what was made, images per identity, pictures, what was left out. */
final class ImportReport {
  private static final int ROWS = 40;
  private static final int SHOWN = 6;

  private final PhotoImport.Options options;
  private final PhotoImport.Result result;

  ImportReport(PhotoImport.Options options, PhotoImport.Result result) {
    this.options = options;
    this.result = result;
  }

  String html() {
    boolean both = !result.open().isEmpty();
    StringBuilder body = new StringBuilder("<main><header><h1>Import of ");
    body.append(Html.escape(options.source().toString())).append("</h1><p>");
    body.append(Html.escape(made())).append("</p></header><div class=\"tiles\">");
    tiles(body, "", result.images());
    if (both) {
      tiles(body, "held out: ", result.open());
    }
    long missing = result.leftOut().values().stream().mapToLong(Long::longValue).sum();
    body.append(Html.tile(Html.format("%,d", missing), "left out", "files and folders"));
    body.append("</div><div class=\"grid\">");
    histogram(body, "train.rec", result.images());
    if (both) {
      histogram(body, "open.rec", result.open());
    }
    sizes(body);
    body.append("</div>");
    leftOut(body);
    pictures(body, options.train());
    if (both) {
      pictures(body, options.openSet());
    }
    return Html.page("Import of " + options.source(), body.append("</main>\n").toString());
  }

  private String made() {
    return Html.format(
        "pictures of %d x %d, %s",
        options.shape().height(),
        options.shape().width(),
        options.landmarks() == null
            ? "by --fit " + options.fit()
            : "aligned by the points of " + options.landmarks());
  }

  private static void tiles(StringBuilder body, String side, TreeMap<Long, Long> images) {
    long identities = Split.Result.identities(images);
    long pictures = Split.Result.images(images);
    body.append(Html.tile(Html.format("%,d", identities), side + "identities", ""));
    body.append(
        Html.tile(
            Html.format("%,d", pictures),
            side + "pictures",
            Html.format("%.2f an identity", (double) pictures / identities)));
  }

  private static void histogram(StringBuilder body, String pack, TreeMap<Long, Long> images) {
    long all = Split.Result.identities(images);
    List<Bracket> brackets = Bracket.upTo(images.lastKey());
    long most = brackets.stream().mapToLong(b -> b.identities(images)).max().orElse(1);
    body.append("<section class=\"card\"><h3>Images per identity: ").append(pack);
    body.append("</h3><p>how many identities have so many images</p><table>");
    for (Bracket bracket : brackets) {
      bar(body, bracket.toString(), bracket.identities(images), most, all);
    }
    body.append("</table></section>");
  }

  private static void bar(StringBuilder body, String what, long count, long most, long all) {
    body.append(
        Html.format(
            "<tr><th>%s</th><td class=\"bar\">%s</td><td class=\"number\">%,d</td>"
                + "<td class=\"number\">%.1f %%</td></tr>",
            what,
            count == 0 ? "" : Html.format("<i style=\"width:%.1f%%\"></i>", 100.0 * count / most),
            count,
            100.0 * count / all));
  }

  private void sizes(StringBuilder body) {
    Map<String, Long> brackets = result.sizes().brackets();
    long all = brackets.values().stream().mapToLong(Long::longValue).sum();
    long most = brackets.values().stream().mapToLong(Long::longValue).max().orElse(1);
    body.append("<section class=\"card\"><h3>Sizes they had</h3><p>from ");
    body.append(
        Html.format(
            "%s to %s (height x width); smaller than %dx%d, and enlarged: %,d</p><table>",
            result.sizes().smallest(),
            result.sizes().largest(),
            options.shape().height(),
            options.shape().width(),
            result.sizes().enlarged()));
    brackets.forEach((what, count) -> bar(body, what, count, most, all));
    body.append("</table></section>");
  }

  private void leftOut(StringBuilder body) {
    if (result.leftOut().isEmpty()) {
      return;
    }
    body.append(
        "<section class=\"card wide\"><h3>Left out</h3><p>each of them, with the reason, is");
    body.append(" in left-out.tsv</p><table>");
    result
        .leftOut()
        .forEach(
            (kind, count) ->
                body.append("<tr><th>")
                    .append(Html.escape(kind))
                    .append(Html.format("</th><td class=\"number\">%,d</td></tr>", count)));
    body.append("</table></section>");
  }

  private void pictures(StringBuilder body, Path pack) {
    try (Dataset data = DataSets.open(new DataConfig.Source("recordio", pack.toString()))) {
      long rows = Math.min(ROWS, data.identities());
      body.append("<section class=\"card wide\"><h3>Pictures of ").append(pack.getFileName());
      body.append(
          Html.format(
              "</h3><p>the first of %d identities at equal distances, as a network sees them</p>"
                  + "<div class=\"neighbours\">",
              rows));
      for (long row = 0; row < rows; row++) {
        long identity = row * data.identities() / rows;
        String name = Html.escape(data.identityName(identity));
        long end = Math.min(data.firstImage(identity + 1), data.firstImage(identity) + SHOWN);
        body.append("<div class=\"row\" title=\"").append(name).append("\">");
        for (long image = data.firstImage(identity); image < end; image++) {
          body.append("<div><img alt=\"").append(name).append("\" src=\"data:image/png;base64,");
          body.append(
              Base64.getEncoder().encodeToString(ImagePng.of(data, image, options.shape())));
          body.append("\"></div>");
        }
        body.append("<div>").append(name).append("</div></div>");
      }
      body.append("</div></section>");
    }
  }
}
