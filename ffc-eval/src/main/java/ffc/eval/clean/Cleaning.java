package ffc.eval.clean;

import ffc.eval.allpairs.SimilaritySweep;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.Means;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

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
  private static final Comparator<LookAlike> MOST_SIMILAR =
      Comparator.comparingDouble((LookAlike pair) -> -pair.similarity())
          .thenComparingLong(LookAlike::first)
          .thenComparingLong(LookAlike::second);

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
   * @param given thresholds, or null to take them from the data ({@link Thresholds#estimate}):
   *     nothing is proposed then if they do not {@link Thresholds#separate}
   * @throws IllegalArgumentException if there are not two identities
   */
  public static Cleaning propose(Embeddings embeddings, Thresholds given) {
    Groups groups = Groups.of(embeddings);
    if (groups.count() < 2) {
      throw new IllegalArgumentException(
          "cleaning needs at least two identities, got " + groups.count());
    }
    Thresholds thresholds = given == null ? Thresholds.estimate(embeddings, groups) : given;
    if (given == null && !thresholds.separate()) {
      return new Cleaning(thresholds, List.of(), List.of());
    }
    int images = embeddings.size();
    Doubtful doubtful = new Doubtful(new int[images], new int[images], new BitSet());
    int doubts = 0;
    int[] kept = new int[images];
    int[] starts = new int[groups.count() + 1];
    for (int group = 0; group < groups.count(); group++) {
      Clusters clusters = Clusters.of(embeddings, groups.rows(group), thresholds.link());
      int[] centre = clusters.centre();
      System.arraycopy(centre, 0, kept, starts[group], centre.length);
      starts[group + 1] = starts[group] + centre.length;
      for (int image : clusters.outside()) {
        doubtful.images()[doubts] = image;
        doubtful.groups()[doubts] = group;
        doubtful.contested().set(doubts, clusters.contested());
        doubts++;
      }
    }
    Means centreRows = Means.unit(embeddings, kept, starts, groups.labels());
    List<Outlier> outliers = outliers(embeddings, centreRows, thresholds, doubtful.first(doubts));
    return new Cleaning(thresholds, outliers, lookAlikes(centreRows, thresholds.merge()));
  }

  /**
   * Images in doubt.
   *
   * @param groups number of each one's identity
   * @param contested whether no cluster of the identity is the largest
   */
  private record Doubtful(int[] images, int[] groups, BitSet contested) {
    Doubtful first(int count) {
      return new Doubtful(Arrays.copyOf(images, count), groups, contested);
    }
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
      Embeddings embeddings, Embeddings centres, Thresholds thresholds, Doubtful doubtful) {
    int count = doubtful.images().length;
    float[] own = new float[count];
    float[] best = new float[count];
    int[] nearest = new int[count];
    Arrays.fill(best, Float.NEGATIVE_INFINITY);
    SimilaritySweep.across(
        Means.of(embeddings, doubtful.images()),
        centres,
        (row, col, cosine) -> {
          if (doubtful.groups()[row] == col) {
            own[row] = cosine;
          } else if (cosine > best[row]) {
            best[row] = cosine;
            nearest[row] = col;
          }
        });
    List<Outlier> outliers = new ArrayList<>();
    for (int i = 0; i < own.length; i++) {
      if (best[i] - own[i] > (doubtful.contested().get(i) ? 0 : thresholds.margin())) {
        outliers.add(
            new Outlier(
                doubtful.images()[i],
                embeddings.label(doubtful.images()[i]),
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

  private static List<LookAlike> lookAlikes(Embeddings centres, double threshold) {
    // Only the nearest of each is kept: a low threshold would find more pairs than memory holds.
    LookAlike[] nearest = new LookAlike[centres.size()];
    SimilaritySweep.within(
        centres,
        (row, col, cosine) -> {
          if (cosine > threshold) {
            LookAlike pair = new LookAlike(centres.label(row), centres.label(col), cosine);
            nearest[row] = first(nearest[row], pair);
            nearest[col] = first(nearest[col], pair);
          }
        });
    Set<LookAlike> once = Collections.newSetFromMap(new IdentityHashMap<>());
    List<LookAlike> mutual = new ArrayList<>();
    for (LookAlike pair : nearest) {
      if (pair != null && !once.add(pair)) {
        mutual.add(pair); // the nearest of both
      }
    }
    mutual.sort(MOST_SIMILAR);
    return List.copyOf(mutual);
  }

  private static LookAlike first(LookAlike a, LookAlike b) {
    return a == null || MOST_SIMILAR.compare(b, a) < 0 ? b : a;
  }
}
