package ffc.runs.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ffc.eval.EvaluateConfig.Net;
import ffc.eval.roc.SimilarityHistogram;
import ffc.runs.record.EvaluationJson;
import ffc.runs.record.Json;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class ScoreMeaningTest {
  /** Of an evaluation as runs record it, beside the scores that it was made from. */
  @Test
  void aRateIsNeverTooLowAndOffByABinAtMost() {
    Random random = new Random(5);
    SimilarityHistogram histogram = new SimilarityHistogram(-2);
    float[] impostors = new float[20_000];
    for (int i = 0; i < impostors.length; i++) {
      impostors[i] = (float) Math.tanh(0.2 * random.nextGaussian());
      histogram.add(impostors[i], false);
    }
    histogram.add(0.9f, true);
    ObjectNode line = line("open", 400, false);
    EvaluationJson.scores(line, histogram.coarse(null));
    ScoreMeaning meaning = ScoreMeaning.of(List.of(line), Net.probe, false, 400).orElseThrow();

    assertThat(meaning.pairs()).isEqualTo(20_000);
    for (double far = 1; far > 5e-5; far *= 0.83) {
      double score = meaning.scoreAt(0.99 * far);
      assertThat(meaning.farAtMost(score)).as("at %.4f", score).isLessThanOrEqualTo(0.99 * far);
      assertThat(meaning.farAtMost(score - meaning.width())).isGreaterThan(0.99 * far);
    }
    for (double score = -1; score <= 1; score += 0.013) {
      assertThat(meaning.accepted(score))
          .as("score %.3f", score)
          .isBetween(above(impostors, score), above(impostors, score - 1 / 64.0));
    }
  }

  @Test
  void aRateOfLessThanOnePairHasNoScore() {
    ScoreMeaning meaning = new ScoreMeaning("open", 1, 1000, 0, 0.5, new long[] {1000, 0});
    for (double far : new double[] {9e-4, 0, -1, 1, Double.NaN}) {
      assertThatThrownBy(() -> meaning.scoreAt(far))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("got " + far + ", wanted at least 1.0e-03, one of the 1,000 pairs");
    }
    assertThat(meaning.scoreAt(1e-3)).isBetween(0.5, 0.501);
  }

  @Test
  void aScoreThatNoPairReachesIsRarerThanOnePair() {
    ScoreMeaning meaning = new ScoreMeaning("open", 1, 1000, 0, 0.5, new long[] {1000, 0});
    assertThat(meaning.far(0.6)).isEqualTo("< 1.0e-03");
    assertThat(meaning.far(1.5)).isEqualTo("< 1.0e-03");
    assertThat(meaning.far(0.4)).isEqualTo("<= 1.00");
    assertThat(meaning.farAtMost(-0.5)).isEqualTo(1);
    assertThat(meaning.farAtMost(0.9)).isCloseTo(1e-3, within(1e-12));
  }

  @Test
  void theEvaluationIsOneOfTheSameNetworkAndTheClosestStep() {
    List<JsonNode> lines =
        List.of(
            scored("open", 200, false, 10),
            scored("few", 400, false, 10),
            scored("open", 400, false, 20),
            scored("open@gallery", 400, false, 30),
            scored("open@ema", 400, false, 50),
            scored("pairs", 400, true, 40),
            line("none", 400, false));
    assertThat(ScoreMeaning.of(lines, Net.probe, false, 400).orElseThrow().pairs()).isEqualTo(20);
    assertThat(ScoreMeaning.of(lines, Net.probe, false, 250).orElseThrow().step()).isEqualTo(200);
    assertThat(ScoreMeaning.of(lines, Net.gallery, false, 1).orElseThrow().pairs()).isEqualTo(30);
    assertThat(ScoreMeaning.of(lines, Net.ema, false, 1).orElseThrow().pairs()).isEqualTo(50);
    assertThat(ScoreMeaning.of(lines, Net.probe, true, 400).orElseThrow().set()).isEqualTo("pairs");
    assertThat(ScoreMeaning.of(lines, Net.gallery, true, 400)).isEmpty();
  }

  private static long above(float[] scores, double score) {
    long count = 0;
    for (float one : scores) {
      count += one >= score ? 1 : 0;
    }
    return count;
  }

  private static ObjectNode line(String set, long step, boolean flip) {
    return Json.object().put("step", step).put("set", set).put("flip", flip);
  }

  private static JsonNode scored(String set, long step, boolean flip, long pairs) {
    ObjectNode line = line(set, step, flip);
    ObjectNode scores = line.putObject("scores").put("low", 0.0).put("width", 0.5);
    scores.putArray("impostor").add(pairs);
    return line;
  }
}
