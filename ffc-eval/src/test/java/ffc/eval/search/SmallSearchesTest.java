package ffc.eval.search;

import static ffc.eval.embedding.Plane.labels;
import static ffc.eval.embedding.Plane.plane;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ffc.eval.embedding.Embeddings;
import ffc.eval.roc.EvalResult;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Searches in sets so small that every figure can be worked out by hand. */
class SmallSearchesTest {
  @Test
  void leaveOneOutRanksAreCounted() {
    // Nearest other of 0 is 5 (own), of 5 is 0, of 40 is 43 (other), of 43 is 40, of 60 is 43.
    Embeddings set = plane(labels(1, 1, 2, 3, 2), 0, 5, 40, 43, 60);
    Identification result = Identification.of(set);
    assertThat(result.probes()).isEqualTo(4);
    assertThat(result.rankN())
        .containsExactly(Map.entry(1, 0.5), Map.entry(5, 1.0), Map.entry(10, 1.0));
    assertThat(result.cmc()).hasSize(20).startsWith(0.5, 1.0).endsWith(1.0);
    assertThat(result.neighbours())
        .extracting(EvalResult.Neighbours::probe)
        .containsExactly(2L, 4L, 0L, 1L);
    EvalResult.Neighbours first = result.neighbours().get(0);
    assertThat(first.probeIdentity()).isEqualTo(2);
    assertThat(first.images()).containsExactly(3, 4, 1, 0);
    assertThat(first.identities()).containsExactly(3, 2, 1, 1);
    assertThat((double) first.cosines()[1]).isCloseTo(Math.cos(Math.toRadians(20)), within(1e-6));

    Identification numbered = result.numbered(image -> 100 + image);
    assertThat(numbered.neighbours().get(0).probe()).isEqualTo(102);
    assertThat(numbered.neighbours().get(0).images()).containsExactly(103, 104, 101, 100);
    assertThat(numbered.neighbours().get(0).identities()).isEqualTo(first.identities());
    assertThat(numbered.probes()).isEqualTo(4);
    assertThat(numbered.rankN()).isEqualTo(result.rankN());
    assertThat(numbered.cmc()).isEqualTo(result.cmc());
  }

  @Test
  void withoutProbesThereAreNoRates() {
    Identification result = Identification.of(plane(labels(1, 2, 3), 0, 5, 40));
    assertThat(result.probes()).isZero();
    assertThat(result.rankN()).isEmpty();
    assertThat(result.cmc()).isEmpty();
    assertThat(result.neighbours()).isEmpty();
  }

  /** Thirty probes are found and ten are missed: six of each are shown, evenly picked. */
  @Test
  void shownProbesAreHalfMissedOnesAndEvenlyPicked() {
    int n = 40;
    long[] labels = new long[n];
    double[] degrees = new double[n];
    for (int i = 0; i < n; i++) {
      labels[i] = i / 2;
      degrees[i] = i < 30 ? i / 2 * 8 + i % 2 : 200 + i / 2 * 2 + 60 * (i % 2);
    }
    Identification result = Identification.of(plane(labels, degrees));
    assertThat(result.rankN()).containsEntry(1, 0.75);
    assertThat(result.neighbours())
        .extracting(EvalResult.Neighbours::probe)
        .containsExactly(30L, 31L, 33L, 35L, 36L, 38L, 0L, 5L, 10L, 15L, 20L, 25L);
    assertThat(result.neighbours()).allMatch(probe -> probe.images().length == 8);
  }

  @Test
  void matesAreRankedAmongDistractors() {
    // The mate of 0 is 10 degrees off; one distractor is nearer, one exactly as far, one beyond.
    Embeddings probes = plane(labels(1, 1, 2), 0, 10, 90);
    Embeddings distractors = plane(labels(0, 0, 0, 0), 200, 3, -3, 170);
    DistractorSearch result = DistractorSearch.of(probes, distractors, 1, 1, 3, 5);
    assertThat(result.pairs()).isEqualTo(2);
    assertThat(result.rankN()).containsOnlyKeys(1, 3);
    assertThat(result.rankN().get(1)).containsEntry(1, 1.0).containsEntry(5, 1.0);
    assertThat(result.rankN().get(3)).containsEntry(1, 0.0).containsEntry(5, 1.0);
    assertThat(DistractorSearch.of(probes, distractors, 4).rankN()).containsOnlyKeys(4);
  }

  @Test
  void aSearchForNothingOrAmongNothingIsRefused() {
    Embeddings distractors = plane(labels(0, 0), 200, 3);
    assertThatThrownBy(() -> DistractorSearch.of(plane(labels(1, 2), 0, 10), distractors, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "distractor search: got no pair of one identity, or only 2 distractors for sizes [2]");
    assertThatThrownBy(() -> DistractorSearch.of(plane(labels(1, 1), 0, 10), distractors, 3))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void openSetRatesAreCounted() {
    // Gallery: 1 at 0, 2 at 90. Probes without mate reach cos 1, cos 2, ..., cos 20 of them.
    Embeddings gallery = plane(labels(1, 2), 0, 90);
    long[] labels = new long[24];
    double[] degrees = new double[24];
    for (int i = 0; i < 20; i++) {
      labels[i] = 100L + i;
      degrees[i] = 1 + i;
    }
    double[] mated = {2.5, 3.5, 80, -1};
    long[] of = {1, 1, 1, 2};
    for (int i = 0; i < 4; i++) {
      labels[20 + i] = of[i];
      degrees[20 + i] = mated[i];
    }
    OpenSet result = OpenSet.of(gallery, plane(labels, degrees));
    assertThat(result.mated()).isEqualTo(4);
    assertThat(result.nonMated()).isEqualTo(20);
    // Two false identifications are allowed, so the threshold is cos 3: 2.5 passes, 3.5 does not,
    // 80 is nearer to identity 2, and -1 is of 2 but found as 1.
    assertThat(result.tpirAtFpir()).containsExactly(Map.entry("1e-1", 0.25));

    assertThatThrownBy(() -> OpenSet.of(gallery, plane(labels(1, 1), 0, 5)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("open-set search needs probes with and without a mate, got 2 and 0");
    assertThatThrownBy(() -> OpenSet.of(gallery, plane(labels(7), 0)))
        .hasMessageEndingWith("got 0 and 1");
  }

  @Test
  void atLeastTenProbesWithoutMateGiveARate() {
    Embeddings gallery = plane(labels(1), 0);
    for (int nonMated : new int[] {9, 10}) {
      long[] labels = LongStream.rangeClosed(1, nonMated + 1).toArray();
      double[] degrees = new double[labels.length];
      Arrays.setAll(degrees, i -> 3.0 * i);
      assertThat(OpenSet.of(gallery, plane(labels, degrees)).tpirAtFpir())
          .hasSize(nonMated == 10 ? 1 : 0);
    }
  }
}
