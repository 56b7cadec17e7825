package ffc.runs.report;

import ffc.formats.WholeFile;
import ffc.runs.page.Html;
import java.io.IOException;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;

/** A page with the pictures and figures of one evaluation. */
public final class EvaluationPage {
  private EvaluationPage() {}

  /**
   * Writes the page.
   *
   * @param set its name in titles
   * @param line the evaluation as {@link EvaluationCards} takes it
   * @param text the figures as they are printed
   */
  public static void write(Path file, String set, JsonNode line, String text) throws IOException {
    StringBuilder body = new StringBuilder("<main><header><h1>Evaluation on ");
    body.append(Html.escape(set)).append("</h1><p></p></header>\n<div class=\"grid\">\n");
    new EvaluationCards(set, line).html().forEach(body::append);
    body.append("</div>\n<section class=\"card wide\"><h3>Figures</h3><pre>");
    body.append(Html.escape(text)).append("</pre></section></main>\n");
    WholeFile.create(file, Html.page("Evaluation on " + set + " – FFC", body.toString()));
  }
}
