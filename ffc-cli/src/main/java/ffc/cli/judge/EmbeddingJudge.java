package ffc.cli.judge;

import ffc.cli.record.Json;
import ffc.core.eval.DistractorSearch;
import ffc.core.eval.EmbeddingFile;
import ffc.core.eval.Embeddings;
import ffc.core.eval.FullReport;
import ffc.core.eval.Templates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;
import tools.jackson.databind.node.ObjectNode;

/**
 * Runs the protocols over a file of embeddings.
 *
 * @param text what is printed
 * @param json the same figures in full
 */
public record EmbeddingJudge(String text, ObjectNode json) {
  private static final int[] DISTRACTORS = {1_000, 10_000, 100_000, 1_000_000};

  /**
   * Judges.
   *
   * @param trainingImages images of an identity in the training set, or null
   * @throws IllegalArgumentException if a file is missing or corrupt or options do not fit together
   */
  public static EmbeddingJudge of(EmbeddingOptions options, LongUnaryOperator trainingImages)
      throws IOException {
    if (options.templates != null || options.pairs != null) {
      if (options.templates == null || options.pairs == null) {
        throw new IllegalArgumentException("--templates and --template-pairs belong together");
      }
      return templates(options);
    }
    Embeddings embeddings = EmbeddingFile.open(options.embeddings, options.labels);
    ObjectNode json = Json.object();
    json.put("embeddings", options.embeddings.toString());
    json.put("images", embeddings.size());
    json.put("dim", embeddings.dim());
    FullReport report = FullReport.of(embeddings, trainingImages, options.pairsOnly);
    ReportText text = new ReportText();
    text.report(report);
    json.setAll(ReportText.json(report));
    if (options.distractors != null) {
      Embeddings strangers = EmbeddingFile.unlabelled(options.distractors);
      DistractorSearch search = DistractorSearch.of(embeddings, strangers, DISTRACTORS);
      text.distractors(search);
      ObjectNode sizes = json.putObject("distractors");
      search.rankN().forEach((size, ranks) -> ranks(sizes.putObject(size.toString()), ranks));
    }
    return new EmbeddingJudge(
        options.embeddings + ": " + embeddings.size() + " x " + embeddings.dim() + "\n" + text,
        json);
  }

  private static EmbeddingJudge templates(EmbeddingOptions options) throws IOException {
    Templates templates = Templates.read(options.templates);
    Templates.Pairs pairs = Templates.Pairs.read(options.pairs);
    Templates.Flags flags =
        new Templates.Flags(true, options.detectorScores != null, options.normaliseImages);
    EmbeddingFile.Raw raw = EmbeddingFile.raw(options.embeddings);
    float[] scores = options.detectorScores == null ? null : lastNumbers(options.detectorScores);
    Map<String, Double> rates =
        Templates.verify(templates.pool(raw.rows(), raw.dim(), scores, flags), pairs);
    ObjectNode json = Json.object();
    json.put("flags", flags.toString());
    ObjectNode figures = json.putObject("tar_at_far");
    StringBuilder text = new StringBuilder();
    text.append(
        "template protocol, detectorScore=%s normaliseImages=%s (flip: as embedded)%n"
            .formatted(flags.detectorScore(), flags.normaliseImages()));
    rates.forEach(
        (far, tar) -> {
          figures.put(far, tar);
          text.append("  TAR@FAR=%s %.4f%n".formatted(far, tar));
        });
    return new EmbeddingJudge(text.toString(), json);
  }

  private static float[] lastNumbers(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);
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

  static void ranks(ObjectNode node, Map<Integer, Double> ranks) {
    ranks.forEach((rank, share) -> node.put("rank" + rank, share));
  }
}
