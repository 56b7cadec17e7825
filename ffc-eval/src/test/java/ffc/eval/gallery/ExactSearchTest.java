package ffc.eval.gallery;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.engine.InnerProduct;
import ffc.eval.embedding.ArrayEmbeddings;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ExactSearchTest {
  private static final int DIM = 9;

  @Test
  void hitsAreThoseOfASortedListWithAnyNumberOfThreads() {
    for (int seed = 0; seed < 40; seed++) {
      Random random = new Random(seed);
      int rows = 1 + random.nextInt(700);
      int queries = 1 + random.nextInt(4);
      int top = 1 + random.nextInt(12);
      boolean oneEach = random.nextBoolean();
      ArrayEmbeddings gallery = gallery(random, rows, 1 + random.nextInt(50));
      float[] asked = new float[queries * DIM];
      gallery(random, queries, 1).read(0, queries, asked, 0);

      List<List<ExactSearch.Hit>> found =
          new ExactSearch(gallery, top, oneEach).search(asked, 1 + random.nextInt(4));

      for (int query = 0; query < queries; query++) {
        assertThat(found.get(query))
            .as("seed %d, query %d", seed, query)
            .isEqualTo(sorted(gallery, asked, query, top, oneEach));
      }
    }
  }

  @Test
  void ofEqualScoresTheFirstImageWins() {
    float[] values = new float[400 * DIM];
    for (int row = 0; row < 400; row++) {
      values[row * DIM] = 1;
    }
    ArrayEmbeddings gallery = ArrayEmbeddings.normalising(values, DIM, new long[400]);
    float[] query = new float[DIM];
    query[0] = 1;
    assertThat(new ExactSearch(gallery, 3, false).search(query, 3).get(0))
        .extracting(ExactSearch.Hit::image)
        .containsExactly(0, 1, 2);
    assertThat(new ExactSearch(gallery, 3, true).search(query, 3).get(0))
        .extracting(ExactSearch.Hit::image)
        .containsExactly(0);
  }

  /** Coarse values, so that scores are equal now and then. */
  private static ArrayEmbeddings gallery(Random random, int rows, int identities) {
    float[] values = new float[rows * DIM];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(3) - 1;
    }
    long[] labels = new long[rows];
    for (int row = 0; row < rows; row++) {
      labels[row] = random.nextInt(identities);
    }
    return ArrayEmbeddings.normalising(values, DIM, labels);
  }

  private static List<ExactSearch.Hit> sorted(
      ArrayEmbeddings gallery, float[] queries, int query, int top, boolean oneEach) {
    float[] row = new float[DIM];
    List<ExactSearch.Hit> all = new ArrayList<>();
    IntStream.range(0, gallery.size())
        .forEach(
            image -> {
              gallery.read(image, 1, row, 0);
              all.add(
                  new ExactSearch.Hit(image, InnerProduct.of(queries, query * DIM, row, 0, DIM)));
            });
    all.sort((a, b) -> Float.compare(b.score(), a.score())); // stable
    Set<Long> seen = new HashSet<>();
    return all.stream()
        .filter(hit -> !oneEach || seen.add(gallery.label(hit.image())))
        .limit(top)
        .toList();
  }
}
