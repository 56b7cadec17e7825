package ffc.eval.cluster;

import java.util.Arrays;

/**
 * How clusters agree with true identities.
 *
 * <p>Of the pairs of images: <em>pairwise precision</em> is the share of those within clusters that
 * are of one identity, <em>recall</em> the share of those of one identity that are within a
 * cluster. <em>BCubed</em> (Bagga and Baldwin 1998) takes the mean over images: of the share of its
 * cluster that is of its identity, and of the share of its identity that is in its cluster, itself
 * counted. Large identities decide pairwise figures, as their pairs grow with the square of their
 * images; in BCubed they count as their images do.
 *
 * @param identities true ones
 * @param clusters found
 * @param pairs pairwise figures
 * @param bcubed figures by image
 */
public record Agreement(int identities, int clusters, Scores pairs, Scores bcubed) {
  /**
   * Precision and recall, in [0, 1]. Where nothing could be wrong, as in the pairs of clusters of
   * one image each, they are 1.
   */
  public record Scores(double precision, double recall) {
    /** Their harmonic mean. */
    public double f1() {
      return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
    }
  }

  /**
   * Compares, in memory of 8 bytes an image.
   *
   * @param identity true identity of each image, from 0 on without gaps
   */
  public static Agreement of(int[] identity, Clustering found) {
    int n = identity.length;
    int identities = Arrays.stream(identity).max().orElse(-1) + 1;
    long[] ofIdentity = new long[identities];
    long[] cells = new long[n];
    for (int image = 0; image < n; image++) {
      ofIdentity[identity[image]]++;
      cells[image] = (long) found.of()[image] << 32 | identity[image];
    }
    Arrays.sort(cells);
    double together = 0;
    double precision = 0;
    double recall = 0;
    for (int from = 0, to; from < n; from = to) {
      to = from + 1;
      while (to < n && cells[to] == cells[from]) {
        to++;
      }
      double images = to - from;
      together += pairs(to - from);
      precision += images * images / found.size((int) (cells[from] >>> 32));
      recall += images * images / ofIdentity[(int) cells[from]];
    }
    double inClusters = 0;
    for (int cluster = 0; cluster < found.count(); cluster++) {
      inClusters += pairs(found.size(cluster));
    }
    double ofOne = Arrays.stream(ofIdentity).mapToDouble(Agreement::pairs).sum();
    return new Agreement(
        identities,
        found.count(),
        new Scores(share(together, inClusters), share(together, ofOne)),
        new Scores(share(precision, n), share(recall, n)));
  }

  private static double pairs(long images) {
    return images * (images - 1) / 2.0;
  }

  private static double share(double part, double whole) {
    return whole == 0 ? 1 : part / whole;
  }
}
