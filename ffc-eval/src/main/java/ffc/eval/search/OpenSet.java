package ffc.eval.search;

import ffc.eval.allpairs.PairSweep;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.RowView;
import ffc.eval.roc.TarAtFar;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Open-set identification: a probe is searched for in a gallery that may not hold its identity.
 * With the threshold at which a share F of the probes without mate is falsely identified (the
 * (⌊F·N⌋ + 1)-th highest of their top similarities), TPIR is the share of the probes with a mate
 * whose most similar row is of their identity and above the threshold.
 *
 * @param mated probes whose identity is in the gallery
 * @param nonMated probes whose identity is not
 * @param tpirAtFpir rates at 1e-1, 1e-2, 3e-3, 1e-3 as far as the probes without mate reach
 */
public record OpenSet(long mated, long nonMated, Map<String, Double> tpirAtFpir) {
  /**
   * Searches.
   *
   * @throws IllegalArgumentException if either kind of probe is missing
   */
  public static OpenSet of(Embeddings gallery, Embeddings probes) {
    float[] top = new float[probes.size()];
    long[] identity = new long[probes.size()];
    Arrays.fill(top, Float.NEGATIVE_INFINITY);
    PairSweep.across(
        probes,
        gallery,
        0,
        gallery.size(),
        (rowFrom, rows, colFrom, cols, cosines) -> {
          for (int r = 0; r < rows; r++) {
            for (int c = 0; c < cols; c++) {
              if (cosines[r * cols + c] > top[rowFrom + r]) {
                top[rowFrom + r] = cosines[r * cols + c];
                identity[rowFrom + r] = gallery.label(colFrom + c);
              }
            }
          }
        });
    Map<Long, Boolean> enrolled = new HashMap<>();
    for (int i = 0; i < gallery.size(); i++) {
      enrolled.put(gallery.label(i), true);
    }
    float[] falseTops = new float[probes.size()];
    float[] rightTops = new float[probes.size()];
    int nonMated = 0;
    int mated = 0;
    int right = 0;
    for (int i = 0; i < probes.size(); i++) {
      if (!enrolled.containsKey(probes.label(i))) {
        falseTops[nonMated++] = top[i];
      } else {
        mated++;
        if (identity[i] == probes.label(i)) {
          rightTops[right++] = top[i];
        }
      }
    }
    if (mated == 0 || nonMated == 0) {
      throw new IllegalArgumentException(
          "open-set search needs probes with and without a mate, got "
              + mated
              + " and "
              + nonMated);
    }
    Arrays.sort(falseTops, 0, nonMated);
    Map<String, Double> rates = new LinkedHashMap<>();
    for (double fpir : new double[] {1e-1, 1e-2, 3e-3, 1e-3}) {
      int allowed = (int) Math.floor(fpir * nonMated * (1 + 1e-12));
      if (allowed >= 1) {
        float threshold = falseTops[nonMated - 1 - allowed];
        int accepted = 0;
        for (int i = 0; i < right; i++) {
          accepted += rightTops[i] > threshold ? 1 : 0;
        }
        rates.put(TarAtFar.key(fpir), (double) accepted / mated);
      }
    }
    return new OpenSet(mated, nonMated, rates);
  }

  /**
   * Makes the search out of one labelled set: every second identity (in the order of labels) with
   * at least two rows is enrolled by its first row, its other rows are probes with a mate, the rows
   * of all remaining identities probes without.
   */
  public static OpenSet split(Embeddings embeddings) {
    Embeddings sorted = RowView.sorted(embeddings);
    int n = sorted.size();
    int[] enrolled = new int[n];
    int[] probes = new int[n];
    int galleryRows = 0;
    int probeRows = 0;
    boolean enrol = true;
    for (int from = 0, to; from < n; from = to) {
      to = from + 1;
      while (to < n && sorted.label(to) == sorted.label(from)) {
        to++;
      }
      boolean takes = enrol && to - from > 1;
      for (int i = from; i < to; i++) {
        if (takes && i == from) {
          enrolled[galleryRows++] = i;
        } else {
          probes[probeRows++] = i;
        }
      }
      enrol = !takes;
    }
    return of(
        new RowView(sorted, Arrays.copyOf(enrolled, galleryRows)),
        new RowView(sorted, Arrays.copyOf(probes, probeRows)));
  }
}
