package ffc.eval.search;

import ffc.eval.allpairs.PairSweep;
import ffc.eval.embedding.Embeddings;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Leave-one-out retrieval, judged over as many images as there are to be found: of an image whose
 * identity has R others, the R most similar images are looked at (K. Musgrave, S. Belongie, S.-N.
 * Lim: A Metric Learning Reality Check, ECCV 2020, section 3.2). An image of another identity that
 * is as similar as one of the own comes before it.
 *
 * @param probes images that are not alone of their identity
 * @param rPrecision share of own images among the R nearest, mean over the probes; null without
 *     probes
 * @param mapAtR mean over the probes of 1/R times the sum of the precision at i over those i up to
 *     R at which an own image stands; null without probes
 */
public record Retrieval(long probes, Double rPrecision, Double mapAtR) {
  /**
   * Cosines that a search keeps at most, two for each pair of an image and another of its identity:
   * 1 GiB.
   */
  private static final long MOST = 1L << 27;

  /**
   * Judges a set alone; {@link Search} shares a sweep with other protocols.
   *
   * @throws IllegalArgumentException if its identities are too large for that
   */
  public static Retrieval of(Embeddings embeddings) {
    Search search = searchOf(embeddings);
    if (search == null) {
      throw new IllegalArgumentException("identities too large to keep the cosines of each image");
    }
    PairSweep.over(embeddings, search);
    return search.result();
  }

  /** To be shown all pairs of a set; null if its identities are too large for that. */
  public static Search searchOf(Embeddings embeddings) {
    Map<Long, Integer> sizes = new HashMap<>();
    for (int image = 0; image < embeddings.size(); image++) {
      sizes.merge(embeddings.label(image), 1, Integer::sum);
    }
    long kept = sizes.values().stream().mapToLong(n -> n * (n - 1L)).sum();
    return kept > MOST ? null : new Search(embeddings, sizes);
  }

  /** Collects for each image the cosines of its R own images and the R highest of others. */
  public static final class Search extends OwnAndOthers {
    /** First place of each image's run of R. */
    private final int[] from;

    private final float[] own;

    /** Own cosines that have been seen. */
    private final int[] seen;

    /** Each run a heap whose first is the one to beat. */
    private final float[] others;

    private Search(Embeddings embeddings, Map<Long, Integer> sizes) {
      super(embeddings);
      from = new int[embeddings.size() + 1];
      for (int image = 0; image < embeddings.size(); image++) {
        from[image + 1] = from[image] + sizes.get(embeddings.label(image)) - 1;
      }
      own = new float[from[embeddings.size()]];
      others = new float[own.length];
      seen = new int[embeddings.size()];
      Arrays.fill(others, Float.NEGATIVE_INFINITY);
    }

    @Override
    void own(int image, float cosine) {
      own[from[image] + seen[image]++] = cosine;
    }

    @Override
    void other(int image, float cosine) {
      int first = from[image];
      int length = from[image + 1] - first;
      if (length == 0 || cosine <= others[first]) {
        return;
      }
      int at = 0;
      for (int child = 1; child < length; child = 2 * at + 1) {
        if (child + 1 < length && others[first + child + 1] < others[first + child]) {
          child++;
        }
        if (others[first + child] >= cosine) {
          break;
        }
        others[first + at] = others[first + child];
        at = child;
      }
      others[first + at] = cosine;
    }

    /** The figures of a finished sweep. Call it once: it sorts what was collected. */
    public Retrieval result() {
      long probes = 0;
      double precisions = 0;
      double averages = 0;
      for (int image = 0; image < seen.length; image++) {
        int first = from[image];
        int r = from[image + 1] - first;
        if (r == 0) {
          continue;
        }
        probes++;
        Arrays.sort(own, first, first + r);
        Arrays.sort(others, first, first + r);
        int found = 0;
        int passed = 0;
        double sum = 0;
        for (int rank = 1; rank <= r; rank++) {
          // From the highest of both runs; at a draw the other identity comes first.
          if (own[first + r - 1 - found] > others[first + r - 1 - passed]) {
            found++;
            sum += (double) found / rank;
          } else {
            passed++;
          }
        }
        precisions += (double) found / r;
        averages += sum / r;
      }
      return probes == 0
          ? new Retrieval(0, null, null)
          : new Retrieval(probes, precisions / probes, averages / probes);
    }
  }
}
