package ffc.eval.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ffc.eval.embedding.ArrayEmbeddings;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.Means;
import ffc.eval.embedding.RandomEmbeddings;
import ffc.loaders.data.Progress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class AverageLinkageTest {
  /** One merge after the other, each of the most similar two, all means worked out pair by pair. */
  private static List<List<Integer>> oneByOne(Embeddings images, double threshold) {
    int n = images.size();
    double[][] sums = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        sums[i][j] = RandomEmbeddings.cosine(images, i, j);
      }
    }
    List<List<Integer>> clusters = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      clusters.add(new ArrayList<>(List.of(i)));
    }
    while (true) {
      double most = threshold;
      int[] best = null;
      for (int a = 0; a < n; a++) {
        for (int b = a + 1; b < n; b++) {
          double pairs = (double) clusters.get(a).size() * clusters.get(b).size();
          if (pairs > 0 && sums[a][b] / pairs > most) {
            most = sums[a][b] / pairs;
            best = new int[] {a, b};
          }
        }
      }
      if (best == null) {
        return clusters.stream()
            .filter(c -> !c.isEmpty())
            .map(c -> c.stream().sorted().toList())
            .toList();
      }
      clusters.get(best[0]).addAll(clusters.get(best[1]));
      clusters.get(best[1]).clear();
      for (int other = 0; other < n; other++) {
        sums[best[0]][other] += sums[best[1]][other];
        sums[other][best[0]] = sums[best[0]][other];
      }
    }
  }

  private static List<List<Integer>> lists(Clustering clustering) {
    return IntStream.range(0, clustering.count())
        .mapToObj(
            c ->
                Arrays.stream(
                        clustering.members(), clustering.starts()[c], clustering.starts()[c + 1])
                    .boxed()
                    .toList())
        .toList();
  }

  @Test
  void roundsOfMergesGiveWhatOneMergeAtATimeGives() {
    int merged = 0;
    for (long seed = 1; seed <= 20; seed++) {
      Random random = new Random(seed);
      int n = 2 + random.nextInt(90);
      int identities = 1 + random.nextInt(n);
      double noise = 0.2 + 1.3 * random.nextDouble();
      Embeddings images =
          RandomEmbeddings.clusters(seed, n, 4 + random.nextInt(30), identities, noise);
      for (double threshold : new double[] {-1.1, -0.2, 0.1, 0.3, 0.5, 0.8, 1}) {
        Clustering found = AverageLinkage.of(images, threshold, Progress.NONE);
        assertThat(lists(found))
            .as("seed %d, threshold %s", seed, threshold)
            .containsExactlyInAnyOrderElementsOf(oneByOne(images, threshold));
        merged += found.count() > 1 && found.count() < n ? 1 : 0;
      }
    }
    assertThat(merged)
        .as("clusterings that are neither all in one nor each alone")
        .isGreaterThan(50);
  }

  /** Rounds in which few clusters are new. */
  @Test
  void manyImagesAreClusteredAsTheyWere() {
    Embeddings images = RandomEmbeddings.clusters(7, 500, 16, 130, 0.4);
    assertThat(lists(AverageLinkage.of(images, 0.6, Progress.NONE)))
        .containsExactlyInAnyOrderElementsOf(oneByOne(images, 0.6));
  }

  /** Where each cluster took another of several that are equally near, none might be merged. */
  @Test
  void equallySimilarClustersAreMergedToo() {
    for (long seed = 1; seed <= 100; seed++) {
      Random random = new Random(seed);
      int n = 3 + random.nextInt(40);
      float[] values = new float[n * 4];
      for (int i = 0; i < values.length; i++) {
        values[i] = i % 4 == 3 ? 1 : random.nextInt(3) - 1;
      }
      Embeddings images = ArrayEmbeddings.normalising(values, 4, new long[n]);
      Clustering found = AverageLinkage.of(images, 0.3, Progress.NONE);
      Embeddings means =
          Means.plain(
              images,
              found.members(),
              found.starts(),
              IntStream.range(0, found.count()).asLongStream().toArray());
      for (int a = 0; a < found.count(); a++) {
        for (int b = 0; b < a; b++) {
          assertThat(RandomEmbeddings.cosine(means, a, b)).as("seed %d", seed).isLessThan(0.30001);
        }
      }
    }
  }

  @Test
  void copiesOfOneImageAreOneCluster() {
    float[] values = new float[50 * 3];
    for (int i = 0; i < 50; i++) {
      values[3 * i + i % 2] = 1;
      values[3 * i + 2] = 0.1f;
    }
    Embeddings images = ArrayEmbeddings.normalising(values, 3, new long[50]);
    Clustering found = AverageLinkage.of(images, 0.9, Progress.NONE);
    assertThat(lists(found))
        .containsExactly(
            IntStream.range(0, 50).filter(i -> i % 2 == 0).boxed().toList(),
            IntStream.range(0, 50).filter(i -> i % 2 == 1).boxed().toList());
  }

  @Test
  void clustersAreNumberedByTheirSizeAndTheirFirstImage() {
    Clustering clustering = Clustering.ofRoots(new int[] {3, 5, 2, 3, 2, 5, 2});
    assertThat(lists(clustering)).containsExactly(List.of(2, 4, 6), List.of(0, 3), List.of(1, 5));
    assertThat(clustering.of()).containsExactly(1, 2, 0, 1, 0, 2, 0);
    assertThat(clustering.countOfSize(3)).isEqualTo(1);
    assertThat(clustering.countOfSize(2)).isEqualTo(3);
    assertThat(clustering.countOfSize(1)).isEqualTo(3);
  }

  @Test
  void cohesionIsTheMeanCosineOfAllPairsOfACluster() {
    Embeddings images = RandomEmbeddings.clusters(3, 40, 8, 5, 0.5);
    Clustering found = AverageLinkage.of(images, 0.3, Progress.NONE);
    double[] cohesion = Cohesion.of(images, found);
    List<List<Integer>> lists = lists(found);
    assertThat(lists.get(0)).hasSizeGreaterThan(3);
    for (int cluster = 0; cluster < found.count(); cluster++) {
      List<Integer> members = lists.get(cluster);
      double sum = 0;
      int pairs = 0;
      for (int a : members) {
        for (int b : members) {
          if (a < b) {
            sum += RandomEmbeddings.cosine(images, a, b);
            pairs++;
          }
        }
      }
      assertThat(cohesion[cluster]).isCloseTo(pairs == 0 ? 1 : sum / pairs, within(1e-6));
    }
  }

  @Test
  void noImagesMakeNoClusters() {
    Embeddings none = ArrayEmbeddings.normalising(new float[0], 4, new long[0]);
    assertThat(AverageLinkage.of(none, 0.5, Progress.NONE).count()).isZero();
  }

  @Test
  void aSweepTellsHowFarItIs() {
    Embeddings images = RandomEmbeddings.clusters(2, 900, 8, 300, 0.4);
    AtomicLong first = new AtomicLong();
    AverageLinkage.of(
        images,
        2,
        (phase, done, total) -> {
          assertThat(phase).isEqualTo("comparing");
          assertThat(total).isGreaterThanOrEqualTo(done);
          first.accumulateAndGet(done, Math::max);
        });
    assertThat(first.get()).isGreaterThanOrEqualTo(900L * 899 / 2);
  }
}
