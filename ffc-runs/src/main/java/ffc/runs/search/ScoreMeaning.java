package ffc.runs.search;

import ffc.eval.EvaluateConfig;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * What a score says about two pictures, from an evaluation of the run: the false accept rate at
 * that score, the share of pairs of different identities that score as high.
 *
 * <p>Scores of evaluations are recorded in bins ({@code scores} in {@code evaluations.jsonl}). Of
 * the bin that a score lies in all pairs are counted, so that a rate is never told too low.
 *
 * @param set name of the evaluation set
 * @param step of the evaluation
 * @param pairs of different identities in it
 * @param low lower edge of the first bin
 * @param width of a bin
 * @param above pairs in each bin and all higher ones
 */
public record ScoreMeaning(
    String set, long step, long pairs, double low, double width, long[] above) {

  /**
   * The meaning from the evaluation closest in steps, of several the one of the most pairs; empty
   * if there is none of this network.
   *
   * @param evaluations lines of {@code evaluations.jsonl}
   * @param flip whether mirrored embeddings were added; scores with and without are not the same
   * @param step of the checkpoint
   */
  public static Optional<ScoreMeaning> of(
      List<JsonNode> evaluations, EvaluateConfig.Net net, boolean flip, long step) {
    return evaluations.stream()
        .filter(line -> line.path("flip").asBoolean() == flip)
        .filter(line -> net.judged(line.path("set").asString("")))
        .flatMap(line -> of(line).stream())
        .max(
            Comparator.comparing((ScoreMeaning meaning) -> -Math.abs(meaning.step - step))
                .thenComparing(ScoreMeaning::pairs));
  }

  private static Optional<ScoreMeaning> of(JsonNode line) {
    JsonNode scores = line.path("scores");
    JsonNode impostor = scores.path("impostor");
    long[] above = new long[impostor.size()];
    long pairs = 0;
    for (int bin = above.length - 1; bin >= 0; bin--) {
      pairs += impostor.get(bin).asLong();
      above[bin] = pairs;
    }
    double width = scores.path("width").asDouble();
    return pairs == 0 || !(width > 0)
        ? Optional.empty()
        : Optional.of(
            new ScoreMeaning(
                line.path("set").asString(),
                line.path("step").asLong(),
                pairs,
                scores.path("low").asDouble(),
                width,
                above));
  }

  /** Pairs of different identities that score as high, at most. */
  public long accepted(double score) {
    int bin = (int) Math.floor((score - low) / width);
    return bin < 0 ? pairs : bin >= above.length ? 0 : above[bin];
  }

  /** False accept rate at a score, at most; if no pair scores as high, that of a single one. */
  public double farAtMost(double score) {
    return (double) Math.max(1, accepted(score)) / pairs;
  }

  /**
   * The lowest score at which {@link #farAtMost} is a rate or less, to a bin.
   *
   * @throws IllegalArgumentException if that would be less than one pair
   */
  public double scoreAt(double far) {
    if (!(far * pairs >= 1 && far < 1)) {
      throw new IllegalArgumentException(
          "false accept rate: got %s, wanted at least %s, one of the %,d pairs of different identities in evaluation %s, and less than 1"
              .formatted(far, number(1.0 / pairs), pairs, set));
    }
    int bin = 0;
    while (bin < above.length && above[bin] > far * pairs) {
      bin++;
    }
    // Beside its edge, which as a sum may lie in the bin before.
    return low + (bin + 1e-6) * width;
  }

  /** The rate as it is printed, such as {@code <= 3.2e-04} or {@code < 1e-07}. */
  public String far(double score) {
    return (accepted(score) == 0 ? "< " : "<= ") + number(farAtMost(score));
  }

  /** A rate in two digits. */
  static String number(double rate) {
    return rate >= 0.01
        ? String.format(Locale.ROOT, "%.2f", Math.min(1, Math.ceil(rate * 100) / 100))
        : String.format(Locale.ROOT, "%.1e", rate);
  }
}
