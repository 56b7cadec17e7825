package ffc.eval.search;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.eval.embedding.ArrayEmbeddings;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.RandomEmbeddings;
import ffc.eval.roc.EvalResult;
import java.util.Map;
import org.junit.jupiter.api.Test;

class IdentificationTest {
  @Test
  void agreesWithRankingEveryImageInDouble() {
    for (long seed = 1; seed <= 5; seed++) {
      int n = 150 + (int) seed * 250;
      Embeddings embeddings = RandomEmbeddings.clusters(seed, n, 12, 200, 1.1);
      int probes = 0;
      int[] hits = new int[21];
      for (int i = 0; i < n; i++) {
        double best = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < n; j++) {
          if (j != i && embeddings.label(j) == embeddings.label(i)) {
            best = Math.max(best, RandomEmbeddings.cosine(embeddings, i, j));
          }
        }
        if (best == Double.NEGATIVE_INFINITY) {
          continue;
        }
        probes++;
        int rank = 1;
        for (int j = 0; j < n; j++) {
          rank +=
              embeddings.label(j) != embeddings.label(i)
                      && RandomEmbeddings.cosine(embeddings, i, j) >= best
                  ? 1
                  : 0;
        }
        for (int r = rank; r <= 20; r++) {
          hits[r]++;
        }
      }
      Identification result = Identification.of(embeddings);
      assertThat(result.probes()).as("seed %d", seed).isEqualTo(probes);
      for (Map.Entry<Integer, Double> rank : result.rankN().entrySet()) {
        // One probe of slack for f32 rounding.
        assertThat(rank.getValue() * probes)
            .as("seed %d, rank %d", seed, rank.getKey())
            .isBetween(hits[rank.getKey()] - 1.01, hits[rank.getKey()] + 1.01);
      }
      assertThat(result.rankN().keySet()).containsExactly(1, 5, 10);
      assertThat(result.cmc()).hasSize(20).isSorted();
      for (int rank = 1; rank <= 20; rank++) {
        assertThat(result.cmc().get(rank - 1) * probes)
            .as("seed %d, rank %d", seed, rank)
            .isBetween(hits[rank] - 1.01, hits[rank] + 1.01);
      }
    }
  }

  @Test
  void aCollapsedNetworkFindsNobody() {
    float[] values = new float[40];
    long[] labels = new long[20];
    for (int i = 0; i < 20; i++) {
      values[2 * i] = 1;
      labels[i] = i / 2;
    }
    Identification result = Identification.of(ArrayEmbeddings.normalising(values, 2, labels));
    assertThat(result.rankN()).containsEntry(1, 0.0).containsEntry(10, 0.0);
  }

  @Test
  void showsTheNearestImagesOfSomeProbesMissedOnesFirst() {
    Embeddings embeddings = RandomEmbeddings.clusters(9, 300, 8, 40, 1.2);
    var shown = Identification.of(embeddings).neighbours();
    assertThat(shown).hasSize(12);
    EvalResult.Neighbours first = shown.get(0);
    assertThat(first.identities()[0]).isNotEqualTo(first.probeIdentity());
    for (EvalResult.Neighbours probe : shown) {
      assertThat(probe.images()).doesNotContain(probe.probe()).doesNotHaveDuplicates();
      for (int i = 0; i < probe.images().length; i++) {
        assertThat(probe.identities()[i]).isEqualTo(embeddings.label((int) probe.images()[i]));
        assertThat((double) probe.cosines()[i])
            .isCloseTo(
                RandomEmbeddings.cosine(embeddings, (int) probe.probe(), (int) probe.images()[i]),
                org.assertj.core.data.Offset.offset(1e-5));
        if (i > 0) {
          assertThat(probe.cosines()[i]).isLessThanOrEqualTo(probe.cosines()[i - 1]);
        }
      }
    }
  }
}
