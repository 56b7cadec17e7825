package ffc.core.clean;

import ffc.core.eval.ArrayEmbeddings;
import ffc.core.eval.Embeddings;
import ffc.core.eval.SimilaritySweep;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Proposals for cleaning a labelled set; nothing is changed.
 *
 * <p>Within an identity, images whose similarity exceeds {@code link} are linked; the largest
 * connected cluster is kept; of the other images those that resemble another identity's mean more
 * than their own by a margin are proposed as {@link Outlier}s. Where no cluster is larger than the
 * others the margin is 0. Identities whose kept images' means exceed {@code mergeThreshold}, and of
 * which each is the other's nearest, are proposed as {@link LookAlike}s.
 *
 * @param thresholds what was used
 * @param outliers images that do not belong, most certain first
 * @param lookAlikes pairs of identities that look like one, most similar first
 */
public record Cleaning(Thresholds thresholds, List<Outlier> outliers, List<LookAlike> lookAlikes) {
  /** An image that does not belong to the rest of its identity. */
  public record Outlier(
      int image,
      long identity,
      double ownSimilarity,
      long nearestIdentity,
      double nearestSimilarity) {}

  /** Two identities that look like one. */
  public record LookAlike(long first, long second, double similarity) {}

  /**
   * Finds what to propose.
   *
   * @param embeddings of all images; rows are numbered as in {@link Outlier#image}
   * @param given thresholds, or null to take them from the data ({@link Thresholds#estimate})
   * @throws IllegalArgumentException if there are not two identities
   */
  public static Cleaning propose(Embeddings embeddings, Thresholds given) {
    Groups groups = Groups.of(embeddings);
    if (groups.count() < 2) {
      throw new IllegalArgumentException(
          "cleaning needs at least two identities, got " + groups.count());
    }
    Thresholds thresholds = given == null ? Thresholds.estimate(embeddings, groups) : given;
    int dim = embeddings.dim();
    float[] centres = new float[Math.multiplyExact(groups.count(), dim)];
    List<Integer> doubtful = new ArrayList<>();
    List<Boolean> contested = new ArrayList<>();
    List<Integer> groupOf = new ArrayList<>();
    for (int group = 0; group < groups.count(); group++) {
      Clusters clusters = Clusters.of(embeddings, groups.rows(group), thresholds.link());
      clusters.addCentre(centres, group * dim);
      for (int image : clusters.outside()) {
        doubtful.add(image);
        contested.add(clusters.contested());
        groupOf.add(group);
      }
    }
    ArrayEmbeddings centreRows = ArrayEmbeddings.normalising(centres, dim, groups.labels());
    List<Outlier> outliers =
        outliers(embeddings, centreRows, thresholds, doubtful, contested, groupOf);
    return new Cleaning(thresholds, outliers, lookAlikes(centreRows, thresholds.merge()));
  }

  /**
   * The corrected identity of each image.
   *
   * @param embeddings those that were judged
   * @param merged whether identities that look like one are joined, under the lowest of their
   *     labels
   * @return identity of each row, −1 for outliers
   */
  public long[] identities(Embeddings embeddings, boolean merged) {
    Map<Long, Long> roots = new HashMap<>();
    for (LookAlike pair : merged ? lookAlikes : List.<LookAlike>of()) {
      long first = root(roots, pair.first());
      long second = root(roots, pair.second());
      roots.put(Math.max(first, second), Math.min(first, second));
    }
    long[] identities = new long[embeddings.size()];
    for (int i = 0; i < identities.length; i++) {
      identities[i] = root(roots, embeddings.label(i));
    }
    outliers.forEach(outlier -> identities[outlier.image()] = -1);
    return identities;
  }

  private static long root(Map<Long, Long> roots, long label) {
    long root = label;
    while (roots.getOrDefault(root, root) != root) {
      root = roots.get(root);
    }
    return root;
  }

  private static List<Outlier> outliers(
      Embeddings embeddings,
      ArrayEmbeddings centres,
      Thresholds thresholds,
      List<Integer> doubtful,
      List<Boolean> contested,
      List<Integer> groupOf) {
    int dim = embeddings.dim();
    float[] rows = new float[Math.multiplyExact(doubtful.size(), dim)];
    for (int i = 0; i < doubtful.size(); i++) {
      embeddings.read(doubtful.get(i), 1, rows, i * dim);
    }
    float[] own = new float[doubtful.size()];
    float[] best = new float[doubtful.size()];
    int[] nearest = new int[doubtful.size()];
    Arrays.fill(best, Float.NEGATIVE_INFINITY);
    Embeddings probes = ArrayEmbeddings.normalising(rows, dim, new long[doubtful.size()]);
    SimilaritySweep.across(
        probes,
        centres,
        (row, col, cosine) -> {
          if (groupOf.get(row) == col) {
            own[row] = cosine;
          } else if (cosine > best[row]) {
            best[row] = cosine;
            nearest[row] = col;
          }
        });
    List<Outlier> outliers = new ArrayList<>();
    for (int i = 0; i < own.length; i++) {
      if (best[i] - own[i] > (contested.get(i) ? 0 : thresholds.margin())) {
        outliers.add(
            new Outlier(
                doubtful.get(i),
                embeddings.label(doubtful.get(i)),
                own[i],
                centres.label(nearest[i]),
                best[i]));
      }
    }
    outliers.sort(
        Comparator.comparingDouble((Outlier o) -> o.ownSimilarity() - o.nearestSimilarity())
            .thenComparingInt(Outlier::image));
    return List.copyOf(outliers);
  }

  private static List<LookAlike> lookAlikes(ArrayEmbeddings centres, double threshold) {
    List<LookAlike> pairs = new ArrayList<>();
    SimilaritySweep.within(
        centres,
        (row, col, cosine) -> {
          if (cosine > threshold) {
            pairs.add(new LookAlike(centres.label(row), centres.label(col), cosine));
          }
        });
    pairs.sort(
        Comparator.comparingDouble((LookAlike pair) -> -pair.similarity())
            .thenComparingLong(LookAlike::first)
            .thenComparingLong(LookAlike::second));
    Map<Long, LookAlike> nearest = new HashMap<>();
    for (LookAlike pair : pairs) {
      nearest.putIfAbsent(pair.first(), pair);
      nearest.putIfAbsent(pair.second(), pair);
    }
    return pairs.stream()
        .filter(pair -> nearest.get(pair.first()) == pair && nearest.get(pair.second()) == pair)
        .toList();
  }
}
