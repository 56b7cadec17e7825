package ffc.eval;

import ffc.eval.allpairs.PairSweep;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.RowView;
import ffc.eval.roc.Bootstrap;
import ffc.eval.roc.IdentityGroup;
import ffc.eval.roc.TarAtFar;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.LongFunction;
import java.util.stream.IntStream;

/**
 * Verification by groups of identities, such as ages or origins: true accept rates and false match
 * rates of each group among itself, at the thresholds that the whole set has.
 *
 * @param groups by name
 * @param without identities that are in no group, and are left out here
 */
public record GroupRates(List<Group> groups, long without) {

  /**
   * One group.
   *
   * @param figures accept rates of its genuine pairs, and probes found in the whole set
   * @param images of its identities
   * @param fmr share of its impostor pairs above a threshold, by the false accept rate that the
   *     threshold has in the whole set; a pair counts for both of its identities in the interval
   */
  public record Group(IdentityGroup figures, long images, Map<String, IdentityGroup.Share> fmr) {
    /** Share of genuine pairs that a threshold rejects; NaN without such pairs. */
    public double fnmr(String far) {
      IdentityGroup.Share tar = figures.tarAtFar().get(far);
      return tar == null ? Double.NaN : 1 - tar.value();
    }
  }

  /**
   * The groups of which a rate is smallest and largest.
   *
   * @param ratio largest over smallest; infinite if the smallest is 0
   */
  public record Spread(String smallest, double least, String largest, double most, double ratio) {}

  /**
   * Counts.
   *
   * @param rates thresholds of the whole set
   * @param counts genuine pairs and probes of the whole set
   * @param groupOf group of an identity; null for none
   */
  static GroupRates of(
      Embeddings embeddings,
      List<TarAtFar> rates,
      ByIdentity counts,
      LongFunction<String> groupOf) {
    Map<String, Integer> sizes = new TreeMap<>();
    long without = 0;
    long last = 0;
    String group = null;
    Embeddings sorted = RowView.sorted(embeddings);
    String[] ofRow = new String[sorted.size()];
    for (int row = 0; row < ofRow.length; row++) {
      if (row == 0 || sorted.label(row) != last) {
        last = sorted.label(row);
        group = groupOf.apply(last);
        without += group == null ? 1 : 0;
      }
      ofRow[row] = group;
      if (group != null) {
        sizes.merge(group, 1, Integer::sum);
      }
    }
    List<Group> groups =
        sizes.keySet().stream()
            .map(
                name -> {
                  int[] rows =
                      IntStream.range(0, ofRow.length)
                          .filter(row -> name.equals(ofRow[row]))
                          .toArray();
                  return new Group(
                      counts.group(name, label -> name.equals(groupOf.apply(label))),
                      rows.length,
                      falseMatches(new RowView(sorted, rows), rates));
                })
            .toList();
    return new GroupRates(groups, without);
  }

  /** Of rows of which those of an identity stand together. */
  private static Map<String, IdentityGroup.Share> falseMatches(
      Embeddings rows, List<TarAtFar> rates) {
    int n = rows.size();
    int[] identity = new int[n];
    for (int row = 1; row < n; row++) {
      identity[row] = identity[row - 1] + (rows.label(row) == rows.label(row - 1) ? 0 : 1);
    }
    int identities = n == 0 ? 0 : identity[n - 1] + 1;
    long[] images = new long[identities];
    Arrays.stream(identity).forEach(at -> images[at]++);
    long[] trials = Arrays.stream(images).map(own -> own * (n - own)).toArray();
    if (rates.isEmpty() || Arrays.stream(trials).sum() == 0) {
      return Map.of();
    }
    double[] thresholds = rates.stream().mapToDouble(TarAtFar::threshold).toArray();
    double lowest = Arrays.stream(thresholds).min().orElseThrow();
    long[][] hits = new long[thresholds.length][identities];
    PairSweep.over(
        rows,
        (rowFrom, count, colFrom, cols, cosines) -> {
          for (int r = 0; r < count; r++) {
            int mine = identity[rowFrom + r];
            for (int c = colFrom == rowFrom ? r + 1 : 0; c < cols; c++) {
              float cosine = cosines[r * cols + c];
              int other = identity[colFrom + c];
              if (cosine > lowest && mine != other) {
                for (int i = 0; i < thresholds.length; i++) {
                  int matches = cosine > thresholds[i] ? 1 : 0;
                  hits[i][mine] += matches;
                  hits[i][other] += matches;
                }
              }
            }
          }
        });
    Map<String, IdentityGroup.Share> shares = new LinkedHashMap<>();
    for (int i = 0; i < thresholds.length; i++) {
      Bootstrap.Interval interval = Bootstrap.of(hits[i], trials, 1000, 0.95, 1);
      long all = Arrays.stream(trials).sum();
      double share = (double) Arrays.stream(hits[i]).sum() / all;
      shares.put(
          rates.get(i).key(),
          new IdentityGroup.Share(share, interval.low(), interval.high(), all / 2));
    }
    return shares;
  }

  /**
   * Spread of the false match rates at a threshold; null with fewer than two groups that have one.
   */
  public Spread fmr(String far) {
    return spread(
        far, (group, at) -> group.fmr().containsKey(at) ? group.fmr().get(at).value() : Double.NaN);
  }

  /** Spread of the false non-match rates, as {@link #fmr}. */
  public Spread fnmr(String far) {
    return spread(far, Group::fnmr);
  }

  private Spread spread(String far, BiFunction<Group, String, Double> rate) {
    Group least = null;
    Group most = null;
    int known = 0;
    for (Group group : groups) {
      double value = rate.apply(group, far);
      if (!Double.isNaN(value)) {
        known++;
        least = least == null || value < rate.apply(least, far) ? group : least;
        most = most == null || value > rate.apply(most, far) ? group : most;
      }
    }
    if (known < 2) {
      return null;
    }
    double low = rate.apply(least, far);
    double high = rate.apply(most, far);
    double ratio = low == high ? 1 : high / low;
    return new Spread(least.figures().name(), low, most.figures().name(), high, ratio);
  }
}
