package ffc.eval.roc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ffc.engine.InnerProduct;
import ffc.eval.allpairs.Int8Rows;
import ffc.eval.embedding.ArrayEmbeddings;
import ffc.eval.search.TopScores;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The loops on the host that all protocols are made of, on values with an exact answer. */
class KernelsTest {
  private static final long SEED = 12;

  @Test
  void productsOfSmallIntegersAreExactAtEveryLengthAndPlace() {
    Random random = new Random(SEED);
    for (int dim = 0; dim < 40; dim++) {
      float[] a = new float[dim + 5];
      float[] b = new float[dim + 3];
      for (int i = 0; i < a.length; i++) {
        a[i] = random.nextInt(19) - 9;
      }
      for (int i = 0; i < b.length; i++) {
        b[i] = random.nextInt(19) - 9;
      }
      float wanted = 0;
      for (int k = 0; k < dim; k++) {
        wanted += a[4 + k] * b[2 + k];
      }
      assertThat(InnerProduct.of(a, 4, b, 2, dim))
          .as("seed %d dim %d", SEED, dim)
          .isEqualTo(wanted);
    }
  }

  @Test
  void theHighestScoresOfEachRunAreKeptAscending() {
    Random random = new Random(SEED);
    for (int length = 1; length <= 6; length++) {
      float[] runs = new float[3 * length];
      Arrays.fill(runs, Float.NEGATIVE_INFINITY);
      float[] all = new float[40];
      for (int i = 0; i < all.length; i++) {
        all[i] = random.nextInt(10);
        TopScores.offer(runs, length, length, all[i]);
      }
      Arrays.sort(all);
      assertThat(Arrays.copyOfRange(runs, length, 2 * length))
          .as("seed %d length %d", SEED, length)
          .containsExactly(Arrays.copyOfRange(all, all.length - length, all.length));
      assertThat(Arrays.copyOfRange(runs, 0, length)).containsOnly(Float.NEGATIVE_INFINITY);
      assertThat(Arrays.copyOfRange(runs, 2 * length, 3 * length))
          .containsOnly(Float.NEGATIVE_INFINITY);
    }
  }

  @Test
  void rowsAreRoundedToTheNearestOf255Codes() {
    byte[] codes = new byte[8];
    float[] values = {9, -127, -1.4f, -0.6f, 0, 0.4f, 1.6f, 127};
    Int8Rows.encode(values, 1, 1, 7, codes, 1);
    assertThat(codes).containsExactly(0, -127, -1, -1, 0, 0, 2, 127);
    Int8Rows.encode(values, 1, 2, 2, codes, 0);
    assertThat(codes).startsWith((byte) -64, (byte) -1);
  }

  @Test
  void whatRoundingTakesAwayIsMeasured() {
    // The second row is made of whole codes of the scale 1/127; the third is nothing.
    ArrayEmbeddings rows =
        ArrayEmbeddings.normalising(
            new float[] {3, 4, 0, 0, 1, 0, 0, 0, 0}, 3, new long[] {0, 1, 2});
    Int8Rows rounded = Int8Rows.of(rows);
    assertThat(rounded.scale(0)).isEqualTo(0.8f / 127);
    assertThat(rounded.scale(1)).isEqualTo(1f / 127);
    assertThat(rounded.scale(2)).isEqualTo(1);
    // 0.6 is 95.25 codes of 0.8 / 127; a quarter of a code is lost.
    assertThat((double) rounded.lost(0)).isCloseTo(0.25 * 0.8 / 127, within(1e-7));
    assertThat((double) rounded.lost(1)).isBetween(0.0, 1e-7);
    assertThat(rounded.lost(2)).isEqualTo(Float.MIN_VALUE);
    assertThat((double) rounded.meanLost())
        .isCloseTo((rounded.lost(0) + (double) rounded.lost(1)) / 3, within(1e-9));
    assertThat((double) rounded.farthest(0, 0))
        .isCloseTo(2 * 0.0015748, within(1e-4))
        .isGreaterThan(2 * rounded.lost(0));
    assertThat(rounded.farthest(0, 1)).isLessThan(rounded.farthest(0, 0));
    assertThat((double) Int8Rows.farthest(0.5f, 0.25f))
        .isCloseTo(0.5 + (1 + 0.5) * 0.25 + 2e-5, within(2e-5));
  }

  @Test
  void binsAreEvenAndTheEndsTakeWhatLiesOutside() {
    int half = SimilarityHistogram.BINS / 2;
    assertThat(SimilarityHistogram.bin(-1)).isZero();
    assertThat(SimilarityHistogram.bin(-1.001f)).isZero();
    assertThat(SimilarityHistogram.bin(0)).isEqualTo(half);
    assertThat(SimilarityHistogram.bin(-1e-6f)).isEqualTo(half - 1);
    assertThat(SimilarityHistogram.bin(0.5f)).isEqualTo(half + half / 2);
    assertThat(SimilarityHistogram.bin(1)).isEqualTo(2 * half - 1);
    assertThat(SimilarityHistogram.bin(1.001f)).isEqualTo(2 * half - 1);
    assertThat(SimilarityHistogram.edge(0)).isEqualTo(-1);
    assertThat(SimilarityHistogram.edge(half)).isZero();
    assertThat(SimilarityHistogram.edge(2 * half)).isEqualTo(1);
  }

  @Test
  void impostorsUpToACutAreOnlyCounted() {
    SimilarityHistogram histogram = new SimilarityHistogram(0.5);
    assertThat(histogram.cut()).isEqualTo(0.5f);
    histogram.add(0.25f, true);
    histogram.add(0.5f, false);
    histogram.add(0.75f, false);
    histogram.addImpostors(new float[] {0.4f, 0.75f, 0.5f, 0.9f, 0.9f}, 4);
    histogram.addAbove(new float[] {0.9f, 0.6f, 0.6f}, 2);
    histogram.addBelow(10);
    assertThat(histogram.genuinePairs()).isEqualTo(1);
    assertThat(histogram.impostorPairs()).isEqualTo(2 + 4 + 2 + 10);
    assertThat(histogram.genuine(SimilarityHistogram.bin(0.25f))).isEqualTo(1);
    assertThat(histogram.impostor(0)).isEqualTo(1 + 2 + 10);
    assertThat(histogram.impostor(SimilarityHistogram.bin(0.75f))).isEqualTo(2);
    assertThat(histogram.impostor(SimilarityHistogram.bin(0.9f))).isEqualTo(2);
    assertThat(histogram.impostor(SimilarityHistogram.bin(0.6f))).isEqualTo(1);
    assertThat(histogram.resolved(SimilarityHistogram.bin(0.5f))).isFalse();
    assertThat(histogram.resolved(SimilarityHistogram.bin(0.5f) + 1)).isTrue();
    assertThat(new SimilarityHistogram(-2).resolved(0)).isTrue();
    assertThat(new SimilarityHistogram(-1).resolved(0)).isFalse();
  }

  @Test
  void fewBinsReachFromTheLowestToTheHighestPair() {
    SimilarityHistogram histogram = new SimilarityHistogram(-2);
    histogram.add(-0.5f, false);
    histogram.add(-0.5f, false);
    histogram.add(0, true);
    histogram.add(0.0156f, true);
    histogram.add(0.016f, false);
    ScoreHistogram coarse = histogram.coarse(null);
    assertThat(coarse.low()).isEqualTo(-0.5);
    assertThat(coarse.width()).isEqualTo(1 / 64.0);
    assertThat(coarse.impostor()).hasSize(34).startsWith(2, 0).endsWith(0, 1);
    assertThat(coarse.genuine()).hasSize(34).startsWith(0).endsWith(2, 0);

    SimilarityHistogram cut = new SimilarityHistogram(0);
    cut.add(0.5f, true);
    cut.addImpostors(new float[] {-0.25f, 0.25f}, 2);
    ScoreHistogram sampled = cut.coarse(new float[] {-0.25f, -0.25f, 0.25f});
    assertThat(sampled.low()).isEqualTo(-0.25);
    assertThat(sampled.impostor()).hasSize(49).startsWith(2, 0).endsWith(0);
    assertThat(sampled.genuine()).hasSize(49).startsWith(0).endsWith(0, 1);
    assertThat(new SimilarityHistogram(-1).coarse(new float[] {-1}).impostor()).containsExactly(1);
  }

  @Test
  void figuresAreFoundByTheirPath() {
    EvalResult result =
        new EvalResult(
            "set",
            1,
            1,
            0.5,
            0.25,
            Map.of("1e-3", 0.75),
            Map.of("1e-3", 0.5),
            Map.of(1, 0.125, 10, 0.625),
            0.375,
            0.875,
            List.of(),
            null,
            List.of(),
            List.of(),
            List.of(),
            false,
            0,
            List.of());
    assertThat(result.metric("tar_at_far.1e-3")).isEqualTo(0.75);
    assertThat(result.metric("tar_at_far.1e-4")).isNull();
    assertThat(result.metric("rank1")).isEqualTo(0.125);
    assertThat(result.metric("rank10")).isEqualTo(0.625);
    assertThat(result.metric("rank2")).isNull();
    assertThat(result.metric("rank")).isNull();
    assertThat(result.metric("rank1x")).isNull();
    assertThat(result.metric("r_precision")).isEqualTo(0.375);
    assertThat(result.metric("map_at_r")).isEqualTo(0.875);
    assertThat(result.metric("accuracy_mean")).isEqualTo(0.5);
    assertThat(result.metric("accuracy_std")).isEqualTo(0.25);
    assertThat(result.metric("accuracy")).isNull();
  }

  @Test
  void ratesOfOneDigitAreWrittenShort() {
    assertThat(new TarAtFar(1e-3, 0, 0, 0, 0).key()).isEqualTo("1e-3");
    assertThat(TarAtFar.key(Math.pow(10, -7))).isEqualTo("1e-7");
    assertThat(TarAtFar.key(1)).isEqualTo("1e0");
    assertThat(TarAtFar.key(0.003)).isEqualTo("3e-3");
    assertThat(TarAtFar.key(0.0025)).isEqualTo("0.0025");
    assertThat(TarAtFar.key(0.00100001)).isEqualTo("0.00100001");
  }
}
