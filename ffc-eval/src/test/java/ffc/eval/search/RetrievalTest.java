package ffc.eval.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ffc.eval.embedding.ArrayEmbeddings;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.RandomEmbeddings;
import ffc.formats.HostTensor;
import ffc.formats.Safetensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RetrievalTest {
  @Test
  void agreesWithRankingEveryImageInDouble() {
    for (long seed = 1; seed <= 5; seed++) {
      int n = 100 + (int) seed * 250;
      Embeddings embeddings = RandomEmbeddings.clusters(seed, n, 12, 10 + 40 * (int) seed, 1.1);
      int probes = 0;
      double precisions = 0;
      double averages = 0;
      for (int probe = 0; probe < n; probe++) {
        List<double[]> ranking = new ArrayList<>();
        int r = 0;
        for (int other = 0; other < n; other++) {
          if (other != probe) {
            boolean own = embeddings.label(other) == embeddings.label(probe);
            r += own ? 1 : 0;
            double cosine = RandomEmbeddings.cosine(embeddings, probe, other);
            ranking.add(new double[] {cosine, own ? 1 : 0});
          }
        }
        if (r == 0) {
          continue;
        }
        ranking.sort(Comparator.comparingDouble(image -> -image[0]));
        int found = 0;
        double sum = 0;
        for (int rank = 1; rank <= r; rank++) {
          if (ranking.get(rank - 1)[1] == 1) {
            found++;
            sum += (double) found / rank;
          }
        }
        probes++;
        precisions += (double) found / r;
        averages += sum / r;
      }
      Retrieval result = Retrieval.of(embeddings);
      assertThat(result.probes()).as("seed %d", seed).isEqualTo(probes);
      // Two images may change places by f32 rounding.
      assertThat(result.rPrecision()).isCloseTo(precisions / probes, within(2e-4));
      assertThat(result.mapAtR()).isCloseTo(averages / probes, within(2e-4));
    }
  }

  /** {@code bench/retrieval_golden.py}: what pytorch-metric-learning finds. */
  @Test
  void agreesWithTheCalculatorOfPytorchMetricLearning() {
    Map<String, HostTensor> golden =
        Safetensors.read(Path.of("src/test/resources/retrieval.safetensors")).tensors();
    float[] rows = golden.get("embeddings").toFloats();
    long[] labels = golden.get("labels").toLongs();
    int dim = rows.length / labels.length;
    Retrieval result = Retrieval.of(ArrayEmbeddings.normalising(rows, dim, labels));

    float[] wanted = golden.get("figures").toFloats();
    assertThat(result.rPrecision()).isCloseTo(wanted[0], within(1e-6));
    assertThat(result.mapAtR()).isCloseTo(wanted[1], within(1e-6));
  }

  @Test
  void atADrawTheOtherIdentityComesFirst() {
    float[] values = new float[12];
    for (int i = 0; i < 6; i++) {
      values[2 * i] = 1;
    }
    Retrieval collapsed =
        Retrieval.of(ArrayEmbeddings.normalising(values, 2, new long[] {0, 0, 1, 1, 2, 2}));
    assertThat(collapsed).isEqualTo(new Retrieval(6, 0.0, 0.0));
  }

  @Test
  void singleImagesAreNoProbes() {
    Retrieval alone =
        Retrieval.of(ArrayEmbeddings.normalising(new float[] {1, 0, 0, 1}, 2, new long[] {1, 2}));
    assertThat(alone).isEqualTo(new Retrieval(0, null, null));
  }
}
