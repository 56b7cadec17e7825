package ffc.eval.cluster;

import ffc.eval.allpairs.PairsAbove;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.Means;
import ffc.loaders.data.Progress;
import java.util.Arrays;

/**
 * Clusters by average linkage: of all pairs of clusters the most similar one is merged, as long as
 * its similarity exceeds a threshold; the similarity of two clusters is the mean cosine of an image
 * of one with an image of the other, over all such pairs.
 *
 * <p>That mean is the product of the means of the two, so that no table of cosines is wanted, only
 * the members of each cluster. And a merged cluster is never more similar to a third than both its
 * parts were: clusters that are each other's nearest are merged sooner or later, whatever happens
 * elsewhere, and all such pairs can be merged at once. A cluster with none above the threshold will
 * never have one. Rounds of a sweep ({@link PairsAbove}) and merges give what one merge at a time
 * would give; the first sweep has all pairs of images, later ones those of clusters that are new or
 * have lost their nearest.
 *
 * <p>About 40 bytes an image beside the rows. Equal input gives equal clusters, with any number of
 * threads; of several that are equally similar a cluster takes the one with the earliest image.
 */
public final class AverageLinkage {
  private static final int NONE = -1;

  private final Embeddings images;
  private final float threshold;

  /** Of each cluster, by its first image, the next one of its images; each image's cluster. */
  private final int[] next;

  private final int[] last;
  private final int[] root;

  private final int[] nearest;
  private final float[] similarity;

  private AverageLinkage(Embeddings images, float threshold) {
    this.images = images;
    this.threshold = threshold;
    int n = images.size();
    next = new int[n];
    last = new int[n];
    root = new int[n];
    nearest = new int[n];
    similarity = new float[n];
    Arrays.fill(next, NONE);
    Arrays.setAll(last, i -> i);
    Arrays.setAll(root, i -> i);
  }

  /**
   * Clusters images.
   *
   * @param images unit rows; their labels are not asked for
   * @param threshold mean cosine that must be exceeded, in [-1, 1]
   */
  public static Clustering of(Embeddings images, double threshold, Progress progress) {
    AverageLinkage linkage = new AverageLinkage(images, (float) threshold);
    linkage.merge(progress);
    return linkage.clustering();
  }

  private void merge(Progress progress) {
    int[] live = root.clone();
    int changed = live.length;
    while (changed > 0) {
      for (int i = 0; i < changed; i++) {
        nearest[live[i]] = NONE;
      }
      int[] clusters = live;
      PairsAbove.sweep(
          means(clusters),
          changed,
          threshold,
          (rows, cols, products, count) -> {
            for (int i = 0; i < count; i++) {
              offer(clusters[rows[i]], clusters[cols[i]], products[i]);
              offer(clusters[cols[i]], clusters[rows[i]], products[i]);
            }
          },
          progress);
      int[] left = Arrays.stream(live).filter(cluster -> nearest[cluster] != NONE).toArray();
      int[] partner = new int[left.length];
      for (int i = 0; i < left.length; i++) {
        int other = nearest[left[i]];
        partner[i] = nearest[other] == left[i] ? other : NONE;
      }
      for (int i = 0; i < left.length; i++) {
        if (partner[i] > left[i]) {
          append(left[i], partner[i]);
        }
      }
      live = new int[left.length];
      changed = 0;
      int end = live.length;
      for (int i = 0; i < left.length; i++) {
        int cluster = left[i];
        if (root[cluster] == cluster) {
          int other = nearest[cluster];
          boolean asBefore = partner[i] == NONE && nearest[nearest[other]] != other;
          if (asBefore) {
            live[--end] = cluster;
          } else {
            live[changed++] = cluster;
          }
        }
      }
      System.arraycopy(live, end, live, changed, live.length - end);
      live = Arrays.copyOf(live, changed + live.length - end);
    }
  }

  /** Remembers a cluster's most similar one, of equal ones the first. */
  private void offer(int cluster, int other, float product) {
    int best = nearest[cluster];
    if (best == NONE
        || product > similarity[cluster]
        || product == similarity[cluster] && other < best) {
      nearest[cluster] = other;
      similarity[cluster] = product;
    }
  }

  private void append(int cluster, int other) {
    for (int image = other; image != NONE; image = next[image]) {
      root[image] = cluster;
    }
    next[last[cluster]] = other;
    last[cluster] = last[other];
  }

  /** The means of clusters, each with a label of its own. */
  private Embeddings means(int[] clusters) {
    int[] starts = new int[clusters.length + 1];
    int[] members = new int[images.size()];
    long[] labels = new long[clusters.length];
    int at = 0;
    for (int i = 0; i < clusters.length; i++) {
      labels[i] = i;
      for (int image = clusters[i]; image != NONE; image = next[image]) {
        members[at++] = image;
      }
      starts[i + 1] = at;
    }
    return Means.plain(images, members, starts, labels);
  }

  private Clustering clustering() {
    return Clustering.ofRoots(root);
  }
}
