package ffc.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ffc.eval.embedding.ArrayEmbeddings;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.RandomEmbeddings;
import ffc.eval.roc.Bootstrap;
import ffc.eval.roc.EvalResult;
import ffc.eval.roc.IdentityGroup;
import ffc.eval.roc.TarAtFar;
import ffc.eval.search.DistractorSearch;
import ffc.eval.search.OpenSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Distractor search, open-set search and figures by identity against naive counts. */
class SearchTest {
  @Test
  void distractorRanksAgreeWithCounting() {
    for (long seed = 1; seed <= 3; seed++) {
      ArrayEmbeddings probes = RandomEmbeddings.clusters(seed, 120, 10, 30, 1.0);
      ArrayEmbeddings distractors = RandomEmbeddings.clusters(seed + 50, 2500, 10, 2500, 0);
      DistractorSearch result = DistractorSearch.of(probes, distractors, 100, 2000, 1_000_000);
      assertThat(result.rankN().keySet()).containsExactly(100, 2000);
      for (Map.Entry<Integer, Map<Integer, Double>> size : result.rankN().entrySet()) {
        long pairs = 0;
        long[] hits = new long[11];
        for (int a = 0; a < 120; a++) {
          double[] scores = new double[size.getKey()];
          for (int d = 0; d < scores.length; d++) {
            scores[d] = cosine(probes, a, distractors, d);
          }
          for (int b = 0; b < 120; b++) {
            if (a == b || probes.label(a) != probes.label(b)) {
              continue;
            }
            pairs++;
            double own = RandomEmbeddings.cosine(probes, a, b);
            int rank = 1;
            for (double score : scores) {
              rank += score >= own ? 1 : 0;
            }
            for (int r = rank; r <= 10; r++) {
              hits[r]++;
            }
          }
        }
        assertThat(result.pairs()).isEqualTo(pairs);
        for (int rank : new int[] {1, 5, 10}) {
          assertThat(size.getValue().get(rank) * pairs)
              .as("seed %d, %d distractors, rank %d", seed, size.getKey(), rank)
              .isBetween(hits[rank] - 1.01, hits[rank] + 1.01);
        }
      }
    }
  }

  @Test
  void openSetRatesAgreeWithSorting() {
    for (long seed = 1; seed <= 4; seed++) {
      ArrayEmbeddings all = RandomEmbeddings.clusters(seed, 900, 14, 120, 0.8);
      OpenSet result = OpenSet.split(all);
      // The same split, written out: sorted labels, every second identity with two rows enrolled.
      List<Integer> order = new ArrayList<>();
      for (int i = 0; i < 900; i++) {
        order.add(i);
      }
      order.sort((a, b) -> Long.compare(all.label(a), all.label(b)));
      List<Integer> gallery = new ArrayList<>();
      List<Integer> mated = new ArrayList<>();
      List<Integer> others = new ArrayList<>();
      boolean enrol = true;
      for (int i = 0; i < 900; ) {
        int end = i;
        while (end < 900 && all.label(order.get(end)) == all.label(order.get(i))) {
          end++;
        }
        if (enrol && end - i > 1) {
          gallery.add(order.get(i));
          mated.addAll(order.subList(i + 1, end));
          enrol = false;
        } else {
          others.addAll(order.subList(i, end));
          enrol = true;
        }
        i = end;
      }
      assertThat(result.mated()).isEqualTo(mated.size());
      assertThat(result.nonMated()).isEqualTo(others.size());
      List<Double> tops = new ArrayList<>();
      for (int probe : others) {
        tops.add(
            gallery.stream()
                .mapToDouble(g -> RandomEmbeddings.cosine(all, g, probe))
                .max()
                .orElseThrow());
      }
      tops.sort(Collections.reverseOrder());
      double threshold = tops.get((int) Math.floor(0.1 * tops.size()));
      long accepted = 0;
      for (int probe : mated) {
        int best = gallery.get(0);
        for (int g : gallery) {
          best =
              RandomEmbeddings.cosine(all, g, probe) > RandomEmbeddings.cosine(all, best, probe)
                  ? g
                  : best;
        }
        accepted +=
            all.label(best) == all.label(probe)
                    && RandomEmbeddings.cosine(all, best, probe) > threshold
                ? 1
                : 0;
      }
      assertThat(result.tpirAtFpir().get("1e-1"))
          .as("seed %d", seed)
          .isCloseTo((double) accepted / mated.size(), within(1.01 / mated.size()));
    }
  }

  @Test
  void figuresByIdentityAddUpAndAreBracketedByTheirIntervals() {
    ArrayEmbeddings all = RandomEmbeddings.clusters(8, 1500, 12, 150, 0.9);
    FullReport report = FullReport.of(all, label -> (label - 1_000_000_000_000L) % 40);
    assertThat(report.strata())
        .extracting(IdentityGroup::name)
        .containsExactly("head", "middle", "tail", "unseen");
    assertThat(report.strata().stream().mapToLong(IdentityGroup::identities).sum())
        .isEqualTo(report.overall().identities());
    for (TarAtFar rate : report.allPairs().tarAtFar()) {
      IdentityGroup.Share whole = report.overall().tarAtFar().get(rate.key());
      assertThat(whole.trials()).isEqualTo(report.allPairs().genuinePairs());
      assertThat(whole.value()).isCloseTo(rate.tar(), within(2.01 / whole.trials()));
      assertThat(whole.value()).isBetween(whole.low(), whole.high());
      double weighted = 0;
      for (IdentityGroup group : report.strata()) {
        IdentityGroup.Share share = group.tarAtFar().get(rate.key());
        weighted += share.value() * share.trials();
      }
      assertThat(weighted / whole.trials()).isCloseTo(whole.value(), within(1e-12));
    }
    assertThat(report.overall().rank1().value()).isEqualTo(report.identification().rankN().get(1));
  }

  @Test
  void neighboursAreNumberedAsTheSetIs() {
    ArrayEmbeddings all = RandomEmbeddings.clusters(8, 400, 12, 60, 0.9);
    FullReport report = FullReport.of(all, null);
    assertThat(report.identification().neighbours()).isNotEmpty();
    for (EvalResult.Neighbours probe : report.identification().neighbours()) {
      assertThat(all.label((int) probe.probe())).isEqualTo(probe.probeIdentity());
      for (int i = 0; i < probe.images().length; i++) {
        assertThat(all.label((int) probe.images()[i])).isEqualTo(probe.identities()[i]);
        assertThat((double) probe.cosines()[i])
            .isCloseTo(
                RandomEmbeddings.cosine(all, (int) probe.probe(), (int) probe.images()[i]),
                within(1e-5));
      }
    }
  }

  @Test
  void bootstrapIntervalHasTheWidthOfTheBinomial() {
    int clusters = 4000;
    long[] hits = new long[clusters];
    long[] trials = new long[clusters];
    java.util.Random random = new java.util.Random(3);
    for (int i = 0; i < clusters; i++) {
      trials[i] = 1;
      hits[i] = random.nextInt(10) < 3 ? 1 : 0;
    }
    Bootstrap.Interval interval = Bootstrap.of(hits, trials, 1000, 0.95, 5);
    double width = interval.high() - interval.low();
    double normal = 2 * 1.96 * Math.sqrt(0.3 * 0.7 / clusters);
    assertThat(width).isBetween(0.85 * normal, 1.15 * normal);
    assertThat(Bootstrap.of(hits, trials, 1000, 0.95, 5)).isEqualTo(interval);
    assertThatThrownBy(() -> Bootstrap.of(new long[2], new long[2], 10, 0.95, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static double cosine(Embeddings a, int i, Embeddings b, int j) {
    float[] rows = new float[2 * a.dim()];
    a.read(i, 1, rows, 0);
    b.read(j, 1, rows, a.dim());
    double sum = 0;
    for (int k = 0; k < a.dim(); k++) {
      sum += (double) rows[k] * rows[a.dim() + k];
    }
    return sum;
  }
}
