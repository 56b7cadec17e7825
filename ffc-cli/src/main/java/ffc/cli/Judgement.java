package ffc.cli;

import ffc.eval.FullReport;
import ffc.eval.embedding.Embeddings;
import ffc.eval.pairs.Templates;
import ffc.eval.roc.EvalFigure;
import ffc.eval.roc.IdentityGroup;
import ffc.eval.search.DistractorSearch;
import ffc.loaders.table.TextLines;
import ffc.runs.record.EvaluationJson;
import ffc.runs.record.Json;
import ffc.runs.report.ReportText;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import java.util.function.LongUnaryOperator;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the protocols say about a set.
 *
 * @param text what is printed
 * @param json the same figures in full
 */
public record Judgement(String text, ObjectNode json) {
  private static final int[] DISTRACTORS = {1_000, 10_000, 100_000, 1_000_000};

  /**
   * Judges labelled rows.
   *
   * @param title first line of the text
   * @param trainingImages images of an identity in the training set, or null
   * @param groupOf group of an identity, or null without groups
   * @param strangers rows of other identities, or null
   * @throws IllegalArgumentException if there is nothing to compare
   */
  public static Judgement labelled(
      String title,
      Embeddings embeddings,
      LongUnaryOperator trainingImages,
      LongFunction<String> groupOf,
      Embeddings strangers,
      ProtocolOptions options) {
    ObjectNode json = Json.object();
    json.put("images", embeddings.size());
    json.put("dim", embeddings.dim());
    FullReport report = FullReport.of(embeddings, trainingImages, groupOf, options.pairsOnly);
    ReportText text = new ReportText();
    text.report(report);
    json.setAll(ReportText.json(report));
    if (strangers != null) {
      DistractorSearch search = DistractorSearch.of(embeddings, strangers, DISTRACTORS);
      text.distractors(search);
      ObjectNode sizes = json.putObject("distractors");
      search
          .rankN()
          .forEach(
              (size, ranks) ->
                  EvaluationJson.figures(
                      sizes.putObject(size.toString()), ReportText.ranked(ranks)));
    }
    return new Judgement(
        title + ": " + embeddings.size() + " x " + embeddings.dim() + "\n" + text, json);
  }

  /**
   * Judges pairs of templates.
   *
   * @param rows f32 [images, dim], flipped features already added; changed
   * @param flip what to say of them
   * @throws IllegalArgumentException if a file is missing or corrupt or sizes do not fit together
   */
  public static Judgement templates(float[] rows, int dim, String flip, ProtocolOptions options) {
    Templates templates = Templates.read(options.templates);
    Templates.Pairs pairs = Templates.Pairs.read(options.pairs);
    Templates.Flags flags =
        new Templates.Flags(true, options.detectorScores != null, options.normaliseImages);
    float[] scores = options.detectorScores == null ? null : lastNumbers(options.detectorScores);
    Map<String, IdentityGroup.Share> rates =
        Templates.verify(templates.pool(rows, dim, scores, flags), pairs);
    ObjectNode json = Json.object();
    json.put(
        "flags",
        "flip=%s detectorScore=%s normaliseImages=%s"
            .formatted(flip, flags.detectorScore(), flags.normaliseImages()));
    Map<String, Double> figures = new LinkedHashMap<>();
    ObjectNode intervals = json.putObject("tar_at_far_intervals");
    StringBuilder text = new StringBuilder();
    text.append(
        "template protocol, detectorScore=%s normaliseImages=%s (flip: %s)%n"
            .formatted(flags.detectorScore(), flags.normaliseImages(), flip));
    rates.forEach(
        (far, tar) -> {
          String figure = EvalFigure.TAR_AT_FAR.at(far);
          figures.put(figure, tar.value());
          intervals.putObject(far).put("low", tar.low()).put("high", tar.high());
          text.append(
              "  %s %.4f [%.4f, %.4f]%n"
                  .formatted(EvalFigure.label(figure), tar.value(), tar.low(), tar.high()));
        });
    EvaluationJson.figures(json, figures);
    return new Judgement(text.toString(), json);
  }

  private static float[] lastNumbers(Path file) {
    List<String> lines = TextLines.all(file);
    float[] numbers = new float[lines.size()];
    for (int i = 0; i < numbers.length; i++) {
      String[] fields = lines.get(i).trim().split("\\s+");
      try {
        numbers[i] = Float.parseFloat(fields[fields.length - 1]);
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            file + ": line " + (i + 1) + ": got '" + lines.get(i) + "', wanted a number at its end",
            e);
      }
    }
    return numbers;
  }
}
