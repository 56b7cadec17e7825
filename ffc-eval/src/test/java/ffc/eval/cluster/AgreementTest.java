package ffc.eval.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class AgreementTest {
  private static Clustering clustering(int... numbers) {
    int[] root = new int[numbers.length];
    for (int i = 0; i < root.length; i++) {
      root[i] = i;
      for (int j = 0; j < i; j++) {
        root[i] = numbers[j] == numbers[i] && root[i] == i ? root[j] : root[i];
      }
    }
    return Clustering.ofRoots(root);
  }

  /** By the definitions, over all pairs of images. */
  @Test
  void figuresAreThoseOfTheDefinitions() {
    for (long seed = 1; seed <= 200; seed++) {
      Random random = new Random(seed);
      int n = 1 + random.nextInt(60);
      int kinds = 1 + random.nextInt(n);
      int identities = 1 + random.nextInt(n);
      int[] found = random.ints(n, 0, kinds).toArray();
      int[] truth = random.ints(n, 0, identities).toArray();
      double both = 0;
      double inClusters = 0;
      double ofOne = 0;
      double precision = 0;
      double recall = 0;
      for (int i = 0; i < n; i++) {
        int together = 0;
        int cluster = 0;
        int identity = 0;
        for (int j = 0; j < n; j++) {
          boolean sameCluster = found[i] == found[j];
          boolean same = truth[i] == truth[j];
          together += sameCluster && same ? 1 : 0;
          cluster += sameCluster ? 1 : 0;
          identity += same ? 1 : 0;
          if (i < j) {
            both += sameCluster && same ? 1 : 0;
            inClusters += sameCluster ? 1 : 0;
            ofOne += same ? 1 : 0;
          }
        }
        precision += (double) together / cluster / n;
        recall += (double) together / identity / n;
      }
      Agreement agreement = Agreement.of(truth, clustering(found));
      String title = "seed " + seed;
      assertThat(agreement.pairs().precision())
          .as(title)
          .isCloseTo(inClusters == 0 ? 1 : both / inClusters, within(1e-12));
      assertThat(agreement.pairs().recall())
          .as(title)
          .isCloseTo(ofOne == 0 ? 1 : both / ofOne, within(1e-12));
      assertThat(agreement.bcubed().precision()).as(title).isCloseTo(precision, within(1e-12));
      assertThat(agreement.bcubed().recall()).as(title).isCloseTo(recall, within(1e-12));
    }
  }

  /** Pairs by pair_confusion_matrix of scikit-learn 1.9.1, BCubed by bench/cluster_methods.py. */
  @Test
  void figuresAreThoseOfOthers() {
    int[] truth = {0, 0, 0, 0, 1, 1, 1, 2, 2, 3};
    Agreement agreement = Agreement.of(truth, clustering(0, 0, 0, 1, 1, 1, 2, 3, 3, 3));
    assertThat(agreement.identities()).isEqualTo(4);
    assertThat(agreement.clusters()).isEqualTo(4);
    assertThat(agreement.pairs().precision()).isCloseTo(0.5555555555555556, within(1e-15));
    assertThat(agreement.pairs().recall()).isCloseTo(0.5, within(1e-15));
    assertThat(agreement.bcubed().precision()).isCloseTo(0.7333333333333333, within(1e-15));
    assertThat(agreement.bcubed().recall()).isCloseTo(0.7166666666666666, within(1e-15));
  }

  @Test
  void harmonicMeansAreOfBoth() {
    assertThat(new Agreement.Scores(0.5, 0.25).f1()).isCloseTo(1 / 3.0, within(1e-12));
    assertThat(new Agreement.Scores(0, 0).f1()).isZero();
    assertThat(new Agreement.Scores(1, 1).f1()).isEqualTo(1);
  }
}
