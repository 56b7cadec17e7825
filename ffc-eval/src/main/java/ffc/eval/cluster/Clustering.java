package ffc.eval.cluster;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * A partition of images into clusters, which are numbered by falling size, those of one size by
 * their first image.
 *
 * @param of cluster of each image
 * @param members images, those of one cluster together in rising order
 * @param starts where the members of each cluster begin, and the number of images
 */
public record Clustering(int[] of, int[] members, int[] starts) {
  /**
   * Numbers clusters.
   *
   * @param root any image of the same cluster, the same one for all of them
   */
  static Clustering ofRoots(int[] root) {
    int[] sizes = new int[root.length];
    int[] first = new int[root.length];
    for (int image = root.length - 1; image >= 0; image--) {
      sizes[root[image]]++;
      first[root[image]] = image;
    }
    // Falling sizes, rising first images, in one number each: no object an image.
    long[] keys =
        IntStream.range(0, root.length)
            .filter(at -> sizes[at] > 0)
            .mapToLong(at -> (long) -sizes[at] << 32 | first[at])
            .sorted()
            .toArray();
    int[] of = new int[root.length];
    int[] starts = new int[keys.length + 1];
    int[] number = new int[root.length];
    for (int cluster = 0; cluster < keys.length; cluster++) {
      int at = root[(int) keys[cluster]];
      number[at] = cluster;
      starts[cluster + 1] = starts[cluster] + sizes[at];
    }
    int[] members = new int[root.length];
    int[] next = Arrays.copyOf(starts, keys.length);
    for (int image = 0; image < root.length; image++) {
      of[image] = number[root[image]];
      members[next[of[image]]++] = image;
    }
    return new Clustering(of, members, starts);
  }

  /** Number of clusters. */
  public int count() {
    return starts.length - 1;
  }

  /** Images of a cluster, at least 1. */
  public int size(int cluster) {
    return starts[cluster + 1] - starts[cluster];
  }

  /** How many of the clusters have at least so many images; they are the first ones. */
  public int countOfSize(int least) {
    int count = 0;
    while (count < count() && size(count) >= least) {
      count++;
    }
    return count;
  }
}
