package ffc.eval.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class MeansTest {
  @Test
  void theProductOfPlainMeansIsTheMeanOfProducts() {
    Embeddings rows = RandomEmbeddings.clusters(4, 9, 6, 5, 0.8);
    int[] members = {7, 2, 4, 0, 8, 1};
    Means means = Means.plain(rows, members, new int[] {0, 1, 4, 6}, new long[] {5, 3, 9});
    assertThat(means.size()).isEqualTo(3);
    assertThat(means.label(2)).isEqualTo(9);
    double sum = 0;
    for (int a : new int[] {2, 4, 0}) {
      for (int b : new int[] {8, 1}) {
        sum += RandomEmbeddings.cosine(rows, a, b);
      }
    }
    assertThat(RandomEmbeddings.cosine(means, 1, 2)).isCloseTo(sum / 6, within(1e-6));
  }
}
