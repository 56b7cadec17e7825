package ffc.eval.allpairs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ffc.eval.embedding.ArrayEmbeddings;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.RandomEmbeddings;
import ffc.eval.embedding.RowView;
import ffc.eval.roc.EvalResult;
import ffc.eval.roc.RocFromHistogram;
import ffc.eval.roc.ScoreHistogram;
import ffc.eval.roc.SimilarityHistogram;
import ffc.eval.roc.TarAtFar;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class AllPairsTest {
  @Test
  void agreesWithSortingAllSimilaritiesInDouble() {
    for (long seed = 1; seed <= 6; seed++) {
      int n = 200 + (int) seed * 211;
      Embeddings embeddings = RandomEmbeddings.clusters(seed, n, 24, 90, 0.9);
      List<Double> genuine = new ArrayList<>();
      List<Double> impostor = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        for (int j = i + 1; j < n; j++) {
          (embeddings.label(i) == embeddings.label(j) ? genuine : impostor)
              .add(RandomEmbeddings.cosine(embeddings, i, j));
        }
      }
      impostor.sort(Collections.reverseOrder());
      AllPairs result = AllPairs.of(embeddings);
      assertThat(result.genuinePairs()).as("seed %d", seed).isEqualTo(genuine.size());
      assertThat(result.impostorPairs()).as("seed %d", seed).isEqualTo(impostor.size());
      assertThat(result.tarAtFar()).as("seed %d", seed).isNotEmpty();
      for (TarAtFar rate : result.tarAtFar()) {
        double threshold = impostor.get((int) Math.floor(rate.far() * impostor.size() + 1e-9));
        long accepted = genuine.stream().filter(s -> s > threshold).count();
        // An f32 product may put a pair on the other side of the threshold: one pair of slack.
        assertThat(rate.tar())
            .as("seed %d, FAR %s", seed, rate.key())
            .isBetween((accepted - 1.01) / genuine.size(), (accepted + 1.01) / genuine.size());
        assertThat(rate.threshold()).isBetween(threshold - 1e-6, threshold + 1e-6);
        assertThat((double) rate.acceptedImpostors())
            .isLessThanOrEqualTo(rate.far() * impostor.size());
        assertThat(rate.slack()).isZero();
      }
    }
  }

  @Test
  void binnedRatesBracketTheExactOnes() {
    Embeddings embeddings = RandomEmbeddings.clusters(5, 1500, 8, 60, 1.0);
    SimilarityHistogram histogram = new SimilarityHistogram(-2);
    for (int i = 0; i < 1500; i++) {
      for (int j = i + 1; j < 1500; j++) {
        histogram.add(
            (float) RandomEmbeddings.cosine(embeddings, i, j),
            embeddings.label(i) == embeddings.label(j));
      }
    }
    AllPairs exact = AllPairs.of(embeddings);
    List<TarAtFar> binned = new RocFromHistogram(histogram).rates();
    assertThat(binned).hasSameSizeAs(exact.tarAtFar());
    double onePair = 1.01 / histogram.genuinePairs();
    for (int i = 0; i < binned.size(); i++) {
      double tar = exact.tarAtFar().get(i).tar();
      assertThat(tar)
          .isBetween(
              binned.get(i).tar() - onePair, binned.get(i).tar() + binned.get(i).slack() + onePair);
    }
  }

  @Test
  void scoresAreSpreadAsCounted() {
    Embeddings embeddings = RandomEmbeddings.clusters(5, 900, 8, 60, 1.0);
    AllPairs result = AllPairs.of(embeddings);
    ScoreHistogram scores = result.scores();
    assertThat(LongStream.of(scores.genuine()).sum()).isEqualTo(result.genuinePairs());
    assertThat(LongStream.of(scores.impostor()).sum()).isEqualTo(result.impostorPairs());
    long[] genuine = new long[scores.genuine().length];
    for (int i = 0; i < 900; i++) {
      for (int j = i + 1; j < 900; j++) {
        if (embeddings.label(i) == embeddings.label(j)) {
          double cosine = RandomEmbeddings.cosine(embeddings, i, j);
          genuine[(int) ((cosine - scores.low()) / scores.width())]++;
        }
      }
    }
    for (int bin = 0; bin < genuine.length; bin++) {
      // A pair at the edge may be rounded to the other side.
      assertThat(scores.genuine()[bin]).isBetween(genuine[bin] - 1, genuine[bin] + 1);
    }
    assertThat(scores.genuine()[genuine.length - 1] + scores.impostor()[genuine.length - 1])
        .isPositive();

    long sampled = LongStream.of(AllPairs.of(embeddings, 0).scores().impostor()).sum();
    assertThat(sampled).as("of large sets a sample").isBetween(1_900_000L, 2_097_152L);
  }

  @Test
  void largeSetsCountFarImpostorsOnlyAndStayInTheirBounds() {
    for (long seed = 1; seed <= 3; seed++) {
      Embeddings embeddings = RandomEmbeddings.clusters(seed, 4000, 16, 300, 0.8);
      AllPairs exact = AllPairs.of(embeddings);
      AllPairs binned = AllPairs.of(RowView.sorted(embeddings), 0);
      assertThat(binned.genuinePairs()).isEqualTo(exact.genuinePairs());
      assertThat(binned.impostorPairs()).isEqualTo(exact.impostorPairs());
      assertThat(binned.tarAtFar()).as("seed %d", seed).hasSameSizeAs(exact.tarAtFar());
      for (int i = 0; i < exact.tarAtFar().size(); i++) {
        TarAtFar bounds = binned.tarAtFar().get(i);
        assertThat(exact.tarAtFar().get(i).tar())
            .as("seed %d, FAR %s", seed, bounds.key())
            .isBetween(bounds.tar() - 1e-9, bounds.tar() + bounds.slack() + 1e-9);
        assertThat(bounds.slack()).isLessThan(1e-3);
      }
    }
  }

  @Test
  void eightBitProductsGiveTheSameRatesAsSinglePrecision() {
    for (long seed = 1; seed <= 4; seed++) {
      int dim = 16 + 37 * (int) seed;
      Embeddings embeddings =
          RowView.sorted(RandomEmbeddings.clusters(seed, 3000, dim, 200, 0.5 + 0.4 * seed));
      AllPairs eightBits = AllPairs.of(embeddings, 0);
      AllPairs single = AllPairs.of(embeddings, 0, (rowFrom, rows, colFrom, cols, cosines) -> {});

      assertThat(eightBits.impostorPairs()).isEqualTo(single.impostorPairs());
      assertThat(eightBits.genuinePairs()).isEqualTo(single.genuinePairs());
      assertThat(eightBits.tarAtFar()).hasSameSizeAs(single.tarAtFar()).isNotEmpty();
      for (int i = 0; i < single.tarAtFar().size(); i++) {
        TarAtFar rate = eightBits.tarAtFar().get(i);
        // Sums in another order may put a pair into the next bin.
        assertThat(rate.threshold())
            .as("seed %d, FAR %s", seed, rate.key())
            .isCloseTo(single.tarAtFar().get(i).threshold(), within(4e-6));
        assertThat(rate.tar())
            .as("seed %d, FAR %s", seed, rate.key())
            .isCloseTo(single.tarAtFar().get(i).tar(), within(1e-4));
      }
    }
  }

  /** Sorted, so that most pairs of blocks share no label; 1,100 rows are two blocks. */
  @Test
  void aSetOfTwoBlocksIsCountedWholeInEveryWay() {
    int n = 1100;
    Embeddings embeddings = RowView.sorted(RandomEmbeddings.clusters(7, n, 32, 100, 0.9));
    long genuine = 0;
    for (int i = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++) {
        genuine += embeddings.label(i) == embeddings.label(j) ? 1 : 0;
      }
    }
    long[] shown = new long[1];
    AllPairs exact = AllPairs.of(embeddings);
    AllPairs eightBits = AllPairs.of(embeddings, 0);
    AllPairs single =
        AllPairs.of(
            embeddings,
            0,
            (rowFrom, rows, colFrom, cols, cosines) -> shown[0] += (long) rows * cols);
    // Blocks of 1,024 and 76 rows; those on the diagonal are shown in full.
    assertThat(shown[0]).isEqualTo(1024L * 1024 + 1024 * 76 + 76 * 76);
    for (AllPairs result : List.of(exact, eightBits, single)) {
      assertThat(result.genuinePairs()).isEqualTo(genuine);
      assertThat(result.impostorPairs()).isEqualTo(n * (n - 1) / 2 - genuine);
      assertThat(result.tarAtFar()).extracting(TarAtFar::key).startsWith("1e-3", "1e-4");
      for (int i = 0; i < 2; i++) {
        TarAtFar rate = result.tarAtFar().get(i);
        double wanted = exact.tarAtFar().get(i).tar();
        assertThat(wanted)
            .isBetween(rate.tar() - 1.01 / genuine, rate.tar() + rate.slack() + 1.01 / genuine);
        assertThat(rate.threshold()).isCloseTo(exact.tarAtFar().get(i).threshold(), within(4e-6));
      }
      assertThat(LongStream.of(result.scores().genuine()).sum()).isEqualTo(genuine);
      assertThat(result.roc()).last().isEqualTo(new EvalResult.RocPoint(1, 1));
    }
  }

  @Test
  void rejectsTiesWithTheDecidingImpostor() {
    // Similarities: genuine 1 and 0, impostors 1, 1, 0, 0: at FAR 1/4 the threshold is 1 itself.
    SimilarityHistogram histogram = new SimilarityHistogram(-2);
    float[] values = {1, 0, 1, 1, 0, 0};
    for (int i = 0; i < values.length; i++) {
      histogram.add(values[i], i < 2);
    }
    assertThat(new RocFromHistogram(histogram).at(0.25).tar()).isZero();
    assertThat(new RocFromHistogram(histogram).at(0.25).acceptedImpostors()).isZero();
    assertThat(new RocFromHistogram(histogram).at(0.5).tar()).isEqualTo(0.5);
    assertThat(new RocFromHistogram(histogram).at(0.5).acceptedImpostors()).isEqualTo(2);
  }

  @Test
  void curveRisesFromTheFinestRateToOne() {
    List<EvalResult.RocPoint> roc =
        AllPairs.of(RandomEmbeddings.clusters(3, 600, 16, 50, 1.0)).roc();
    assertThat(roc)
        .hasSizeGreaterThan(10)
        .isSortedAccordingTo((a, b) -> Double.compare(a.far(), b.far()));
    assertThat(roc).isSortedAccordingTo((a, b) -> Double.compare(a.tar(), b.tar()));
    assertThat(roc.get(roc.size() - 1)).isEqualTo(new EvalResult.RocPoint(1, 1));
  }

  @Test
  void saysWhatIsMissingWhenNothingCanBeCompared() {
    ArrayEmbeddings alone =
        ArrayEmbeddings.normalising(new float[] {1, 0, 0, 1}, 2, new long[] {1, 2});
    assertThatThrownBy(() -> AllPairs.of(alone))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0 genuine and 1 impostor");
    assertThatThrownBy(
            () -> ArrayEmbeddings.normalising(new float[] {1, Float.NaN}, 2, new long[] {1}))
        .hasMessageContaining("row 0");
  }
}
