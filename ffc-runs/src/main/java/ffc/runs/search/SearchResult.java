package ffc.runs.search;

import ffc.formats.WholeFile;
import ffc.loaders.data.Counted;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.runs.page.Html;
import ffc.runs.page.Table;
import ffc.runs.record.Json;
import ffc.runs.report.ImagePng;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Answers as text, JSON and a page.
 *
 * @param checkpoint that was searched with, as results name it
 * @param gallery name of the set
 * @param images in it
 * @param identities in it
 * @param embedded images of it that the network had to look at
 * @param meaning of scores, or null if the run has no evaluation that tells
 */
public record SearchResult(
    String checkpoint,
    String gallery,
    long images,
    long identities,
    int embedded,
    ScoreMeaning meaning,
    List<Answer> answers) {

  /** For terminals. */
  public String text() {
    StringBuilder text = new StringBuilder(gallery + ": " + counted() + "\n");
    if (answers.isEmpty()) {
      return text.toString();
    }
    text.append(explained()).append('\n');
    for (Answer answer : answers) {
      text.append('\n').append(answer.query()).append('\n');
      List<List<String>> rows = new ArrayList<>();
      rows.add(heading());
      for (Answer.Found found : answer.found()) {
        rows.add(row(rows.size(), found));
      }
      text.append(new Table(rows).text().indent(2));
    }
    return text.toString();
  }

  private String counted() {
    return "%s of %s; %s, %s as before"
        .formatted(
            Counted.of(images, "image"),
            Counted.of(identities, "identity"),
            String.format(Locale.ROOT, "%,d embedded now", embedded),
            String.format(Locale.ROOT, "%,d", images - embedded));
  }

  private String explained() {
    return meaning == null
        ? "what a score means is not known: the run has no evaluation of this network with these"
            + " scores (evaluate in its config, --flip; a mean of checkpoints is never evaluated)"
        : String.format(
            Locale.ROOT,
            "FAR: share of the %,d pairs of different identities that score as high in evaluation %s"
                + " at step %d; by chance: others of this gallery to be expected at that score",
            meaning.pairs(),
            meaning.set(),
            meaning.step());
  }

  private List<String> heading() {
    return meaning == null
        ? List.of("rank", "score", "identity", "image")
        : List.of("rank", "score", "FAR", "by chance", "identity", "image");
  }

  private List<String> row(int rank, Answer.Found found) {
    List<String> row = new ArrayList<>(List.of("" + rank, score(found)));
    if (meaning != null) {
      row.add(meaning.far(found.score()));
      row.add(chance(found));
    }
    row.add(found.identity());
    row.add(found.place() + (found.same() ? " (the same file)" : ""));
    return row;
  }

  private static String score(Answer.Found found) {
    return String.format(Locale.ROOT, "%.4f", found.score());
  }

  /** Images of other identities that would score as high, if the gallery were like the set. */
  private double expected(Answer.Found found) {
    return meaning.farAtMost(found.score()) * images;
  }

  private String chance(Answer.Found found) {
    double expected = expected(found);
    String sign = meaning.accepted(found.score()) == 0 ? "< " : "<= ";
    return sign
        + (expected >= 10
            ? String.format(Locale.ROOT, "%,.0f", expected)
            : expected >= 0.01
                ? String.format(Locale.ROOT, "%.2f", expected)
                : String.format(Locale.ROOT, "%.1e", expected));
  }

  /** Keys are a contract with whoever reads them. */
  public ObjectNode json() {
    ObjectNode json = Json.object();
    json.put("checkpoint", checkpoint);
    ObjectNode set = json.putObject("gallery");
    set.put("path", gallery);
    set.put("images", images);
    set.put("identities", identities);
    set.put("embedded", embedded);
    if (meaning != null) {
      ObjectNode far = json.putObject("far_from");
      far.put("set", meaning.set());
      far.put("step", meaning.step());
      far.put("impostor_pairs", meaning.pairs());
    }
    ArrayNode queries = json.putArray("queries");
    for (Answer answer : answers) {
      ObjectNode query = queries.addObject();
      query.put("query", answer.query().toString());
      ArrayNode all = query.putArray("found");
      for (Answer.Found found : answer.found()) {
        ObjectNode one = all.addObject();
        one.put("score", found.score());
        one.put("identity", found.identity());
        one.put("image", found.image());
        one.put("path", found.place());
        one.put("same_file", found.same());
        if (meaning != null) {
          one.put("far_at_most", meaning.farAtMost(found.score()));
          one.put("expected_by_chance", expected(found));
        }
      }
    }
    return json;
  }

  /**
   * Writes the page.
   *
   * @param data the gallery, for its pictures
   */
  public void write(Path file, Dataset data, ImageShape shape) {
    StringBuilder body = new StringBuilder("<main><header><h1>Search in ");
    body.append(Html.escape(gallery)).append("</h1><p>");
    body.append(Html.escape(counted() + "; network " + checkpoint)).append("</p></header>\n");
    body.append(
        "<section class=\"card wide\"><p>A query at the left, then the most similar images");
    body.append(" of the gallery with score (cosine: 1 the same direction, 0 unrelated), identity");
    body.append(" and what the score means. ").append(Html.escape(capital(explained())));
    body.append(".</p></section>\n");
    for (Answer answer : answers) {
      body.append("<section class=\"card wide\"><h3>");
      body.append(Html.escape(answer.query().toString())).append("</h3><div class=\"answers\">");
      body.append("<figure class=\"query\">").append(picture(answer.png(), "query"));
      body.append("<figcaption><b>query</b></figcaption></figure>");
      for (Answer.Found found : answer.found()) {
        body.append("<figure title=\"").append(Html.escape(found.place())).append("\">");
        body.append(picture(ImagePng.of(data, found.image(), shape), found.identity()));
        body.append("<figcaption><b>").append(Html.escape(found.identity())).append("</b><span>");
        body.append(score(found)).append("</span>");
        if (meaning != null) {
          body.append("<span>FAR ").append(Html.escape(meaning.far(found.score())));
          body.append("</span><span>by chance ").append(Html.escape(chance(found)));
          body.append("</span>");
        }
        body.append(found.same() ? "<span>the same file</span>" : "");
        body.append("<small>").append(Html.escape(found.place())).append("</small>");
        body.append("</figcaption></figure>");
      }
      body.append("</div></section>\n");
    }
    WholeFile.create(
        file, Html.page("Search in " + gallery + " – FFC", body.append("</main>\n").toString()));
  }

  private static String capital(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }

  private static String picture(byte[] png, String alt) {
    return "<img alt=\""
        + Html.escape(alt)
        + "\" src=\"data:image/png;base64,"
        + Base64.getEncoder().encodeToString(png)
        + "\">";
  }
}
