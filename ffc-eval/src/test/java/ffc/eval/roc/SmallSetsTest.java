package ffc.eval.roc;

import static ffc.eval.embedding.Plane.labels;
import static ffc.eval.embedding.Plane.plane;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ffc.engine.InnerProduct;
import ffc.eval.ByIdentity;
import ffc.eval.FullReport;
import ffc.eval.TrainingCounts;
import ffc.eval.allpairs.ImpostorSample;
import ffc.eval.allpairs.PairSweep;
import ffc.eval.allpairs.SimilaritySweep;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.RandomEmbeddings;
import ffc.eval.search.Identification;
import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Protocols on sets so small that every figure can be worked out by hand. */
class SmallSetsTest {
  @Test
  void everyPairIsVisitedOnceAcrossTheEdgesOfBlocks() {
    int n = 1030; // blocks have 1,024 rows
    Embeddings all = RandomEmbeddings.clusters(4, n, 3, 20, 1);
    byte[] seen = new byte[n * n];
    boolean[] near = {true};
    float[] rows = new float[3 * n];
    all.read(0, n, rows, 0);
    SimilaritySweep.within(
        all,
        (row, col, cosine) -> {
          seen[row * n + col]++;
          near[0] &= Math.abs(cosine - InnerProduct.of(rows, 3 * row, rows, 3 * col, 3)) < 1e-6;
        });
    boolean once = true;
    for (int row = 0; row < n; row++) {
      for (int col = 0; col < n; col++) {
        once &= seen[row * n + col] == (row < col ? 1 : 0);
      }
    }
    assertThat(once).isTrue();
    assertThat(near[0]).isTrue();
  }

  @Test
  void everyRowMeetsEveryColumnOfAnotherSet() {
    for (int[] sizes : new int[][] {{3, 1030}, {1030, 2}, {1, 1}}) {
      Embeddings rowSet = RandomEmbeddings.clusters(5, sizes[0], 3, 20, 1);
      Embeddings colSet = RandomEmbeddings.clusters(6, sizes[1], 3, 20, 1);
      float[] rows = new float[3 * sizes[0]];
      float[] cols = new float[3 * sizes[1]];
      rowSet.read(0, sizes[0], rows, 0);
      colSet.read(0, sizes[1], cols, 0);
      int[] seen = new int[sizes[0] * sizes[1]];
      boolean[] near = {true};
      SimilaritySweep.across(
          rowSet,
          colSet,
          (row, col, cosine) -> {
            seen[row * sizes[1] + col]++;
            near[0] &= Math.abs(cosine - InnerProduct.of(rows, 3 * row, cols, 3 * col, 3)) < 1e-6;
          });
      assertThat(seen).containsOnly(1);
      assertThat(near[0]).isTrue();
    }
  }

  @Test
  void onlyTheColumnsAskedForAreMultiplied() {
    Embeddings set = plane(labels(0, 1, 2, 3, 4), 0, 10, 20, 30, 40);
    List<Integer> columns = new ArrayList<>();
    PairSweep.across(
        set,
        set,
        1,
        4,
        (rowFrom, rows, colFrom, cols, cosines) -> {
          assertThat(rowFrom).isZero();
          for (int c = 0; c < cols; c++) {
            columns.add(colFrom + c);
            assertThat((double) cosines[c])
                .isCloseTo(Math.cos(Math.toRadians(10.0 * (colFrom + c))), within(1e-6));
          }
        });
    assertThat(columns).startsWith(1, 2, 3).doesNotContain(0, 4);
  }

  @Test
  void theFailureOfAVisitorIsTheFailureOfTheSweep() {
    Embeddings set = plane(labels(0, 1), 0, 10);
    assertThatThrownBy(
            () ->
                SimilaritySweep.within(
                    set,
                    (row, col, cosine) -> {
                      throw new IllegalArgumentException("seen enough");
                    }))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("seen enough");
    assertThatThrownBy(
            () ->
                SimilaritySweep.within(
                    set,
                    (row, col, cosine) -> {
                      throw new StackOverflowError();
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("evaluation failed: ");
  }

  @Test
  void genuinePairsAndProbesAreCountedByIdentity() {
    Embeddings set = plane(labels(1, 1, 2, 3, 2, 1), 0, 5, 40, 43, 60, 7);
    Identification.Search search = new Identification.Search(set);
    PairSweep.over(set, search);
    List<TarAtFar> rates =
        List.of(
            new TarAtFar(1e-1, 0, 0, Math.cos(Math.toRadians(6)), 0),
            new TarAtFar(1e-2, 0, 0, Math.cos(Math.toRadians(30)), 0));
    ByIdentity counts = ByIdentity.count(set, rates, search);
    IdentityGroup all = counts.all();
    assertThat(all.name()).isEqualTo("all");
    assertThat(all.identities()).isEqualTo(3);
    assertThat(all.tarAtFar()).containsOnlyKeys("1e-1", "1e-2");
    assertThat(all.tarAtFar().get("1e-1").value()).isEqualTo(0.5);
    assertThat(all.tarAtFar().get("1e-1").trials()).isEqualTo(4);
    assertThat(all.tarAtFar().get("1e-2").value()).isEqualTo(1);
    assertThat(all.rank1().value()).isEqualTo(0.6);
    assertThat(all.rank1().trials()).isEqualTo(5);

    List<IdentityGroup> strata = counts.strata(label -> new long[] {0, 20, 4, 0}[(int) label]);
    assertThat(strata).extracting(IdentityGroup::name).containsExactly("head", "middle", "unseen");
    assertThat(strata.get(0).tarAtFar().get("1e-1").value()).isCloseTo(2 / 3.0, within(1e-12));
    assertThat(strata.get(1).tarAtFar().get("1e-1").value()).isZero();
    assertThat(strata.get(1).rank1().value()).isZero();
    assertThat(strata.get(2).tarAtFar()).isEmpty();
    assertThat(strata.get(2).rank1()).isNull();
    assertThat(ByIdentity.count(set, rates, null).all().rank1()).isNull();
  }

  @Test
  void strataBeginAtFourAndAtTwentyImages() {
    Embeddings set = plane(labels(0, 1, 2, 3, 4, 5), 0, 1, 2, 3, 4, 5);
    long[] images = {0, 1, 3, 4, 19, 20};
    assertThat(ByIdentity.count(set, List.of(), null).strata(label -> images[(int) label]))
        .extracting(group -> group.name() + " " + group.identities())
        .containsExactly("head 1", "middle 2", "tail 2", "unseen 1");
  }

  @Test
  void aReportLeavesOutWhatIsNotAskedForOrTooSmall() {
    Embeddings set = plane(labels(2, 1, 1, 2), 0, 90, 95, 1);
    FullReport pairs = FullReport.of(set, null, null, true);
    assertThat(pairs.identification()).isNull();
    assertThat(pairs.openSet()).isNull();
    assertThat(pairs.strata()).isEmpty();
    assertThat(pairs.overall().rank1()).isNull();
    assertThat(pairs.allPairs().genuinePairs()).isEqualTo(2);
    assertThat(FullReport.of(set, label -> 1, null, true).strata()).hasSize(1);
    FullReport whole = FullReport.of(set, label -> 1);
    assertThat(whole.identification().rankN()).containsEntry(1, 1.0);
    assertThat(whole.openSet().mated()).isEqualTo(1);
    assertThat(whole.openSet().nonMated()).isEqualTo(2);
    assertThat(whole.strata()).extracting(IdentityGroup::name).containsExactly("tail");
    FullReport alone = FullReport.of(plane(labels(1, 1, 2), 0, 5, 90), null);
    assertThat(alone.openSet()).isNotNull();
    assertThat(FullReport.of(plane(labels(2, 2, 1, 1), 0, 5, 90, 95), null).openSet()).isNotNull();
  }

  @Test
  void aThresholdIsTheDecidingImpostorItself() {
    // 20 pairs of labels 0 and 1, all impostors; FAR 1e-1 allows two of them.
    SimilarityHistogram histogram = new SimilarityHistogram(-2);
    float[] impostors = new float[20];
    for (int i = 0; i < 20; i++) {
      impostors[i] = i * 0.01f;
      histogram.add(impostors[i], false);
    }
    float[] genuine = {0.17f, Math.nextUp(0.17f), 0.3f};
    for (float similarity : genuine) {
      histogram.add(similarity, true);
    }
    TarAtFar binned = new RocFromHistogram(histogram).at(0.1);
    assertThat(binned.acceptedImpostors()).isEqualTo(2);
    BinValues values = new BinValues(List.of(binned), histogram);
    for (float similarity : impostors) {
      values.add(similarity, false);
    }
    for (float similarity : genuine) {
      values.add(similarity, true);
    }
    TarAtFar exact = values.exact(binned);
    assertThat(exact.far()).isEqualTo(0.1);
    assertThat(exact.threshold()).isEqualTo(0.17f);
    assertThat(exact.tar()).isEqualTo(2 / 3.0);
    assertThat(exact.slack()).isZero();
    assertThat(exact.acceptedImpostors()).isEqualTo(2);

    assertThatThrownBy(() -> new BinValues(List.of(binned), histogram).exact(binned))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("got 0 impostors, wanted 1; the embeddings changed meanwhile");
  }

  @Test
  void aDecidingBinOfSeveralImpostorsIsLookedInto() {
    SimilarityHistogram histogram = new SimilarityHistogram(-2);
    float first = 0.5f;
    float[] impostors = new float[10];
    for (int i = 0; i < 10; i++) {
      impostors[i] = i < 4 ? first + i * 3e-7f : -0.5f;
    }
    float[] genuine = {first + 1.5e-7f, first + 4.5e-7f, first + 7.5e-7f};
    for (float similarity : impostors) {
      histogram.add(similarity, false);
    }
    for (float similarity : genuine) {
      histogram.add(similarity, true);
    }
    assertThat(SimilarityHistogram.bin(impostors[3])).isEqualTo(SimilarityHistogram.bin(first));
    for (int allowed = 0; allowed < 4; allowed++) {
      TarAtFar binned = new RocFromHistogram(histogram).at(allowed / 10.0);
      assertThat(binned.acceptedImpostors()).isZero();
      assertThat(binned.tar()).isZero();
      assertThat(binned.slack()).isEqualTo(1);
      BinValues values = new BinValues(List.of(binned), histogram);
      for (float similarity : impostors) {
        values.add(similarity, false);
      }
      for (float similarity : genuine) {
        values.add(similarity, true);
      }
      TarAtFar exact = values.exact(binned);
      assertThat(exact.threshold()).isEqualTo(impostors[3 - allowed]);
      assertThat(exact.acceptedImpostors()).isEqualTo(allowed);
      assertThat(exact.tar()).isEqualTo(allowed / 3.0);
    }
  }

  @Test
  void bootstrapIntervalsKnowTheirBounds() {
    long[] ones = {1, 1, 1, 1};
    assertThat(Bootstrap.of(ones, ones, 100, 0.95, 1)).isEqualTo(new Bootstrap.Interval(1, 1));
    assertThat(Bootstrap.of(new long[4], ones, 100, 0.95, 1))
        .isEqualTo(new Bootstrap.Interval(0, 0));
    // Most drawings hold no trial: they take the value of the whole, 1 of 2.
    long[] trials = new long[200];
    long[] hits = new long[200];
    trials[7] = 2;
    hits[7] = 1;
    assertThat(Bootstrap.of(hits, trials, 100, 0.95, 1))
        .isEqualTo(new Bootstrap.Interval(0.5, 0.5));
    assertThatThrownBy(() -> Bootstrap.of(new long[2], new long[3], 10, 0.95, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("bootstrap: got 2 clusters");
    assertThatThrownBy(() -> Bootstrap.of(ones, new long[] {1, 1, 1}, 10, 0.95, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aWiderConfidenceGivesAWiderInterval() {
    long[] trials = new long[30];
    long[] hits = new long[30];
    for (int i = 0; i < 30; i++) {
      trials[i] = 1 + i % 3;
      hits[i] = i % 2;
    }
    Bootstrap.Interval wide = Bootstrap.of(hits, trials, 2000, 1, 1);
    Bootstrap.Interval usual = Bootstrap.of(hits, trials, 2000, 0.95, 1);
    Bootstrap.Interval half = Bootstrap.of(hits, trials, 2000, 0.5, 1);
    Bootstrap.Interval none = Bootstrap.of(hits, trials, 2000, 0, 1);
    assertThat(wide.low()).isLessThan(usual.low());
    assertThat(usual.low()).isLessThan(half.low());
    assertThat(half.low()).isLessThan(none.low());
    assertThat(none.low()).isCloseTo(none.high(), within(0.01)).isCloseTo(0.25, within(0.02));
    assertThat(half.high()).isLessThan(usual.high());
    assertThat(usual.high()).isLessThan(wide.high());
  }

  @Test
  void aSampleSaysWhatIsExceeded() {
    int n = 400;
    long[] labels = LongStream.range(0, n).toArray();
    double[] degrees = new double[n];
    Arrays.setAll(degrees, i -> 360.0 * i / n);
    ImpostorSample sample = ImpostorSample.of(plane(labels, degrees));
    float[] similarities = sample.similarities();
    // Rows are drawn twice for 1 pair of 400.
    assertThat(similarities.length / (double) (1 << 21)).isCloseTo(1 - 1.0 / n, within(1e-3));
    for (double share : new double[] {0.25, 0.5, 0.75}) {
      // Angles are even, so cos(pi share) is exceeded by this share.
      double cosine = Math.cos(Math.PI * share);
      assertThat(sample.exceededBy(share)).isCloseTo(cosine, within(0.02));
      assertThat(sample.shareAbove(cosine)).isCloseTo(share, within(0.005));
      assertThat(sample.surelyExceededBy(share)).isLessThan(sample.exceededBy(share));
    }
    assertThat(sample.exceededBy(0)).isEqualTo(similarities[similarities.length - 1]);
    assertThat(sample.shareAbove(similarities[0] - 1e-9)).isEqualTo(1);
    assertThat(sample.shareAbove(similarities[similarities.length - 1])).isZero();
    assertThat(sample.surelyExceededBy(0.001))
        .isEqualTo(sample.exceededBy(0.001 + 10 * Math.sqrt(0.001 / similarities.length)));

    ImpostorSample none = ImpostorSample.of(plane(labels(1, 1), 0, 5));
    assertThat(none.similarities()).isEmpty();
    assertThat(none.exceededBy(0.5)).isEqualTo(-2);
    assertThat(none.shareAbove(0)).isZero();
  }

  @Test
  void trainingImagesAreCountedByTheNameOfTheIdentity() {
    try (Dataset training = synthetic(6);
        Dataset evaluated = synthetic(9)) {
      var counts = TrainingCounts.of(training, evaluated);
      for (int id = 0; id < 9; id++) {
        String name = evaluated.identityName(id);
        long wanted = 0;
        for (int trained = 0; trained < 6; trained++) {
          wanted += training.identityName(trained).equals(name) ? training.imageCount(trained) : 0;
        }
        assertThat(counts.applyAsLong(id)).as(name).isEqualTo(wanted);
      }
      assertThat(LongStream.range(0, 9).map(counts).sum()).isEqualTo(training.images());
      long label = Long.parseLong(training.identityName(2));
      var byLabel = TrainingCounts.of(training, plane(labels(label, 1_000_000), 0, 5));
      assertThat(byLabel.applyAsLong(label)).isEqualTo(training.imageCount(2));
      assertThat(byLabel.applyAsLong(1_000_000)).isZero();
    }
  }

  private static Dataset synthetic(int ids) {
    return DataSets.open(
        new DataConfig.Source("synthetic", "ids=" + ids + ";mean=4;tail=zipf;seed=1"));
  }
}
