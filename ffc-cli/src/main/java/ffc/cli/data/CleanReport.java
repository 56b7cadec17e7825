package ffc.cli.data;

import ffc.eval.clean.Cleaning;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.runs.page.Html;
import ffc.runs.report.ImagePng;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The pictures in question: each doubtful image between its own identity and the nearest one. */
final class CleanReport {
  private static final int ROWS = 100;

  /**
   * Of each of two identities, beside the image in question: nine fit into a column of the page.
   */
  private static final int SHOWN = 4;

  private final Dataset data;
  private final ImageShape shape;

  CleanReport(Dataset data, ImageShape shape) {
    this.data = data;
    this.shape = shape;
  }

  String html(Cleaning cleaning) {
    Set<Long> doubtful = new HashSet<>();
    cleaning.outliers().forEach(outlier -> doubtful.add((long) outlier.image()));
    StringBuilder body = new StringBuilder();
    body.append("<main><header><h1>Cleaning of ").append(Html.escape(data.name()));
    body.append(
        Html.format(
            "</h1><p>%,d images of %,d identities</p></header>", data.images(), data.identities()));
    body.append(
        Html.format(
            "<section class=\"card wide\"><p>The number under a name is the cosine (1: the same"
                + " direction, 0: unrelated) between the network's embeddings. Images of an"
                + " identity are linked above %.4f, the largest linked cluster is its own; an image"
                + " outside of it does not belong if its cosine with the mean of another identity"
                + " is higher than with that of its own. Two identities look like one if their"
                + " means exceed %.4f and each is the other's nearest. Nothing is proven: look"
                + " before you join.</p></section>"
                + "<section class=\"card wide\"><h3>%d images that do not belong</h3><p>Left the image,"
                + " then others of its identity, then (red) images of the identity it resembles"
                + " most. Most certain first%s.</p><div class=\"neighbours\">",
            cleaning.thresholds().link(),
            cleaning.thresholds().merge(),
            cleaning.outliers().size(),
            shown(cleaning.outliers())));
    for (Cleaning.Outlier outlier : first(cleaning.outliers())) {
      body.append("<div class=\"row\"><div class=\"probe\">").append(picture(outlier.image()));
      body.append("<span>").append(name(outlier.identity())).append("</span></div>");
      identity(body, outlier.identity(), doubtful, "same", outlier.ownSimilarity());
      identity(body, outlier.nearestIdentity(), doubtful, "other", outlier.nearestSimilarity());
      body.append("</div>");
    }
    body.append(
        Html.format(
            "</div></section><section class=\"card wide\"><h3>%d pairs of identities that look like"
                + " one</h3><p>Most similar first%s.</p><div class=\"neighbours\">",
            cleaning.lookAlikes().size(), shown(cleaning.lookAlikes())));
    for (Cleaning.LookAlike pair : first(cleaning.lookAlikes())) {
      body.append("<div class=\"row\">");
      identity(body, pair.first(), doubtful, "same", pair.similarity());
      identity(body, pair.second(), doubtful, "other", pair.similarity());
      body.append("</div>");
    }
    return Html.page(
        "Cleaning of " + data.name(), body.append("</div></section></main>\n").toString());
  }

  private static String shown(List<?> all) {
    return all.size() > ROWS ? "; the first " + ROWS + " are shown" : "";
  }

  private static <T> List<T> first(List<T> all) {
    return all.subList(0, Math.min(ROWS, all.size()));
  }

  private void identity(
      StringBuilder body, long identity, Set<Long> doubtful, String frame, double similarity) {
    int shown = 0;
    long end = data.firstImage(identity + 1);
    for (long image = data.firstImage(identity); image < end && shown < SHOWN; image++) {
      if (!doubtful.contains(image)) {
        body.append("<div class=\"").append(frame).append("\" title=\"").append(name(identity));
        body.append("\">").append(picture(image));
        body.append(
            shown++ == 0
                ? Html.format("<span>%s: %.2f</span></div>", name(identity), similarity)
                : "<span></span></div>");
      }
    }
  }

  private String name(long identity) {
    return Html.escape(data.identityName(identity));
  }

  private String picture(long image) {
    return "<img alt=\"image "
        + image
        + "\" src=\"data:image/png;base64,"
        + Base64.getEncoder().encodeToString(ImagePng.of(data, image, shape))
        + "\">";
  }
}
