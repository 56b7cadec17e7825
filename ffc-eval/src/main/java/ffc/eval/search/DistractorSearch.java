package ffc.eval.search;

import ffc.engine.InnerProduct;
import ffc.eval.allpairs.PairSweep;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.RowView;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * 1:N identification among distractors: for every ordered pair (probe, mate) of one identity the
 * mate is hidden among the first N distractors; its rank is 1 plus the distractors at least as
 * similar to the probe.
 *
 * @param pairs ordered pairs searched for
 * @param rankN share of pairs with rank at most 1, 5, 10, by number of distractors
 */
public record DistractorSearch(long pairs, Map<Integer, Map<Integer, Double>> rankN) {
  private static final int[] RANKS = {1, 5, 10};
  private static final int KEPT = 10;

  /**
   * Searches.
   *
   * @param probes labelled rows; identities with one row have no pair
   * @param distractors rows of other identities; their labels are not looked at
   * @param sizes rising numbers of distractors, such as 10^3 … 10^6; those above the number there
   *     are fall away
   * @throws IllegalArgumentException if no pair or no size is left
   */
  public static DistractorSearch of(Embeddings probes, Embeddings distractors, int... sizes) {
    Embeddings sorted = RowView.sorted(probes);
    float[] best = new float[Math.multiplyExact(sorted.size(), KEPT)];
    Arrays.fill(best, Float.NEGATIVE_INFINITY);
    Map<Integer, Map<Integer, Double>> rankN = new LinkedHashMap<>();
    long pairs = 0;
    int from = 0;
    for (int size : sizes) {
      if (size <= from || size > distractors.size()) {
        continue;
      }
      PairSweep.across(
          sorted,
          distractors,
          from,
          size,
          (rowFrom, rows, colFrom, cols, cosines) -> {
            for (int r = 0; r < rows; r++) {
              for (int c = 0; c < cols; c++) {
                TopScores.offer(best, (rowFrom + r) * KEPT, KEPT, cosines[r * cols + c]);
              }
            }
          });
      from = size;
      long[] hits = new long[RANKS.length];
      pairs = count(sorted, best, hits);
      Map<Integer, Double> shares = new LinkedHashMap<>();
      for (int i = 0; i < RANKS.length; i++) {
        shares.put(RANKS[i], (double) hits[i] / pairs);
      }
      rankN.put(size, shares);
    }
    if (pairs == 0) {
      throw new IllegalArgumentException(
          "distractor search: got no pair of one identity, or only "
              + distractors.size()
              + " distractors for sizes "
              + Arrays.toString(sizes));
    }
    return new DistractorSearch(pairs, rankN);
  }

  private static long count(Embeddings sorted, float[] best, long[] hits) {
    long pairs = 0;
    int dim = sorted.dim();
    float[] probe = new float[dim];
    float[] mate = new float[dim];
    int n = sorted.size();
    for (int from = 0, to; from < n; from = to) {
      to = from + 1;
      while (to < n && sorted.label(to) == sorted.label(from)) {
        to++;
      }
      for (int a = from; a < to; a++) {
        sorted.read(a, 1, probe, 0);
        for (int b = from; b < to; b++) {
          if (a == b) {
            continue;
          }
          sorted.read(b, 1, mate, 0);
          double cosine = InnerProduct.exact(probe, 0, mate, 0, dim);
          pairs++;
          for (int i = 0; i < RANKS.length; i++) {
            hits[i] += best[(a + 1) * KEPT - RANKS[i]] < (float) cosine ? 1 : 0;
          }
        }
      }
    }
    return pairs;
  }
}
