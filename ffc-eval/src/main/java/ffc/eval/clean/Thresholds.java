package ffc.eval.clean;

import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.Means;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Similarities that decide.
 *
 * @param link above it two images of one identity are linked
 * @param merge above it two identities look like one
 */
public record Thresholds(double link, double merge) {
  private static final double MARGIN = 0.2;

  private static final int SAMPLE = 200_000;

  /**
   * How much nearer another identity must be before an image outside of the largest cluster is
   * proposed; measured in docs/decisions/052-cleaning-thresholds.md.
   */
  double margin() {
    return MARGIN;
  }

  /** Whether a similarity can exceed them; not so if the network does not tell identities apart. */
  public boolean separate() {
    return link < 1 && merge < 1;
  }

  /**
   * Takes thresholds from the data, so that they suit the model. Link: the similarity that 1 in
   * 1000 random pairs of different identities exceeds. Merge: the lower decile of the similarity
   * between the means of two random halves of an identity of at least four images, which is what a
   * split identity looks like, but at least four deviations above the median of random pairs of
   * identities.
   */
  static Thresholds estimate(Embeddings embeddings, Groups groups) {
    SplittableRandom random = new SplittableRandom(7);
    int dim = embeddings.dim();
    int n = embeddings.size();
    float[] rows = new float[2 * dim];
    double[] impostors = new double[SAMPLE];
    for (int i = 0; i < SAMPLE; i++) {
      int a = random.nextInt(n);
      int b = random.nextInt(n);
      while (embeddings.label(b) == embeddings.label(a)) {
        a = random.nextInt(n);
        b = random.nextInt(n);
      }
      embeddings.read(a, 1, rows, 0);
      embeddings.read(b, 1, rows, dim);
      impostors[i] = Clusters.cosine(rows, 0, 1, dim);
    }
    Arrays.sort(impostors);
    double link = impostors[SAMPLE - SAMPLE / 1000];

    int[] shuffled = new int[n];
    int[] starts = new int[Math.addExact(Math.multiplyExact(2, groups.count()), 1)];
    int[] within = new int[groups.count()];
    int split = 0;
    for (int group = 0; group < groups.count(); group++) {
      int[] members = groups.rows(group);
      for (int i = members.length - 1; i > 0; i--) {
        int j = random.nextInt(i + 1);
        int swap = members[i];
        members[i] = members[j];
        members[j] = swap;
      }
      // The larger half first: it is never empty.
      int smaller = members.length / 2;
      int from = starts[2 * group];
      System.arraycopy(members, smaller, shuffled, from, members.length - smaller);
      System.arraycopy(members, 0, shuffled, from + members.length - smaller, smaller);
      starts[2 * group + 1] = from + members.length - smaller;
      starts[2 * group + 2] = from + members.length;
      if (members.length >= 4) {
        within[split++] = group;
      }
    }
    Means units = Means.unit(embeddings, shuffled, starts, new long[2 * groups.count()]);
    double[] similar = new double[split];
    for (int i = 0; i < split; i++) {
      units.read(2 * within[i], 2, rows, 0);
      similar[i] = Clusters.cosine(rows, 0, 1, dim);
    }
    Arrays.sort(similar);
    for (int i = 0; i < SAMPLE; i++) {
      int a = random.nextInt(groups.count());
      int b = random.nextInt(groups.count());
      while (b == a) {
        b = random.nextInt(groups.count());
      }
      units.read(2 * a, 1, rows, 0);
      units.read(2 * b, 1, rows, dim);
      impostors[i] = Clusters.cosine(rows, 0, 1, dim);
    }
    Arrays.sort(impostors);
    // By spread, not by a far quantile: the split identities themselves make up the far quantile.
    double median = impostors[SAMPLE / 2];
    double floor = median + 4 * (impostors[(int) (SAMPLE * 0.8413)] - median);
    double merge = split == 0 ? floor : Math.max(floor, similar[split / 10]);
    return new Thresholds(link, merge);
  }
}
