package ffc.core.clean;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.core.eval.ArrayEmbeddings;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CleaningTest {
  private static final int DIM = 32;
  private static final int IDENTITIES = 150;
  private static final int IMAGES = 8;

  @Test
  void findsFlippedImagesAndSplitIdentities() {
    for (long seed = 1; seed <= 5; seed++) {
      Random random = new Random(seed);
      float[][] centres = new float[IDENTITIES][DIM];
      for (float[] centre : centres) {
        for (int k = 0; k < DIM; k++) {
          centre[k] = (float) random.nextGaussian();
        }
      }
      float[] values = new float[IDENTITIES * IMAGES * DIM];
      long[] labels = new long[IDENTITIES * IMAGES];
      Set<Integer> flipped = new HashSet<>();
      Set<Long> split = new HashSet<>();
      for (int i = 0; i < labels.length; i++) {
        int identity = i / IMAGES;
        labels[i] = identity;
        if (identity % 20 == 3) {
          // Two halves under two names.
          labels[i] = i % IMAGES < IMAGES / 2 ? identity : 10_000 + identity;
          split.add((long) identity);
        } else if (random.nextInt(10) == 0 && i % IMAGES < 3) {
          labels[i] = (identity + 1 + random.nextInt(IDENTITIES - 1)) % IDENTITIES;
          if (labels[i] % 20 == 3) {
            labels[i] = identity;
          } else {
            flipped.add(i);
          }
        }
        for (int k = 0; k < DIM; k++) {
          values[i * DIM + k] = (float) (centres[identity][k] + 0.6 * random.nextGaussian());
        }
      }
      Cleaning result = Cleaning.propose(ArrayEmbeddings.normalising(values, DIM, labels), null);
      long right =
          result.outliers().stream().filter(outlier -> flipped.contains(outlier.image())).count();
      assertThat(right).as("seed %d: recall", seed).isGreaterThan((long) (0.95 * flipped.size()));
      assertThat((double) right / result.outliers().size())
          .as("seed %d: precision", seed)
          .isGreaterThan(0.9);
      for (Cleaning.Outlier outlier : result.outliers()) {
        if (flipped.contains(outlier.image())) {
          assertThat(outlier.nearestIdentity() % 10_000)
              .as("seed %d: where image %d belongs", seed, outlier.image())
              .isEqualTo(outlier.image() / IMAGES);
        }
      }
      Set<Long> merged = new HashSet<>();
      for (Cleaning.LookAlike pair : result.lookAlikes()) {
        assertThat(pair.second()).as("seed %d", seed).isEqualTo(pair.first() + 10_000);
        merged.add(pair.first());
      }
      assertThat(split.containsAll(merged)).isTrue();
      assertThat(merged.size()).as("seed %d", seed).isGreaterThanOrEqualTo(split.size() - 2);
    }
  }

  @Test
  void leavesUnlinkedPairsAloneUnlessAnotherIdentityIsNearer() {
    // Identity 0: two unlike images; identity 1: three alike, near the second image of 0.
    float[] values = {1, 0, 0, 0, 1, 0, 0, 1, 0.1f, 0, 1, -0.1f, 0.1f, 1, 0};
    long[] labels = {0, 0, 1, 1, 1};
    Cleaning result =
        Cleaning.propose(ArrayEmbeddings.normalising(values, 3, labels), new Thresholds(0.5, 0.99));
    assertThat(result.outliers()).extracting(Cleaning.Outlier::image).containsExactly(1);
    assertThat(result.outliers().get(0).nearestIdentity()).isEqualTo(1);
    assertThat(result.lookAlikes()).isEmpty();
  }

  @Test
  void joinsLookAlikesInChainsAndLeavesOutliersOut() {
    Cleaning cleaning =
        new Cleaning(
            new Thresholds(0.5, 0.5),
            List.of(new Cleaning.Outlier(2, 7, 0.1, 3, 0.9)),
            List.of(new Cleaning.LookAlike(7, 9, 0.8), new Cleaning.LookAlike(3, 9, 0.7)));
    ArrayEmbeddings embeddings =
        ArrayEmbeddings.normalising(new float[] {1, 1, 1, 1, 1}, 1, new long[] {3, 7, 7, 9, 4});
    assertThat(cleaning.identities(embeddings, true)).containsExactly(3, 3, -1, 3, 4);
    assertThat(cleaning.identities(embeddings, false)).containsExactly(3, 7, -1, 9, 4);
  }

  @Test
  void needsTwoIdentities() {
    assertThatThrownBy(
            () ->
                Cleaning.propose(
                    ArrayEmbeddings.normalising(new float[] {1, 1}, 1, new long[] {4, 4}), null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got 1");
  }
}
