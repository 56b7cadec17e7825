package ffc.eval;

import ffc.engine.InnerProduct;
import ffc.eval.embedding.Embeddings;
import ffc.eval.roc.Bootstrap;
import ffc.eval.roc.IdentityGroup;
import ffc.eval.roc.TarAtFar;
import ffc.eval.search.Identification;
import ffc.loaders.tools.DataStats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Genuine pairs accepted at fixed thresholds and probes found, counted for each identity: what
 * confidence intervals and the figures of strata are made of.
 */
public final class ByIdentity {
  private final long[] labels;
  private final List<TarAtFar> rates;

  /** Genuine pairs of each identity, and those above each threshold. */
  private final long[] pairs;

  private final long[][] accepted;

  /** Probes of each identity, and those at rank 1. */
  private final long[] probes;

  private final long[] found;

  private ByIdentity(
      long[] labels,
      List<TarAtFar> rates,
      long[] pairs,
      long[][] accepted,
      long[] probes,
      long[] found) {
    this.labels = labels;
    this.rates = rates;
    this.pairs = pairs;
    this.accepted = accepted;
    this.probes = probes;
    this.found = found;
  }

  /**
   * Counts.
   *
   * @param rates thresholds, of the whole set
   * @param search a finished search of the same embeddings, or null for none
   */
  public static ByIdentity count(
      Embeddings embeddings, List<TarAtFar> rates, Identification.Search search) {
    int n = embeddings.size();
    Integer[] order = new Integer[n];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Long.compare(embeddings.label(a), embeddings.label(b)));
    List<long[]> rows = new ArrayList<>();
    int dim = embeddings.dim();
    for (int from = 0, to; from < n; from = to) {
      to = from + 1;
      while (to < n && embeddings.label(order[to]) == embeddings.label(order[from])) {
        to++;
      }
      long[] row = new long[4 + rates.size()];
      row[0] = embeddings.label(order[from]);
      float[] values = new float[Math.multiplyExact(to - from, dim)];
      for (int a = from; a < to; a++) {
        embeddings.read(order[a], 1, values, (a - from) * dim);
        if (search != null && to - from > 1) {
          row[2]++;
          row[3] += search.hit(order[a], 1) ? 1 : 0;
        }
        for (int b = from; b < a; b++) {
          double cosine =
              InnerProduct.exact(values, (a - from) * dim, values, (b - from) * dim, dim);
          row[1]++;
          for (int i = 0; i < rates.size(); i++) {
            row[4 + i] += cosine > rates.get(i).threshold() ? 1 : 0;
          }
        }
      }
      rows.add(row);
    }
    long[][] accepted = new long[rates.size()][];
    for (int i = 0; i < accepted.length; i++) {
      accepted[i] = column(rows, 4 + i);
    }
    return new ByIdentity(
        column(rows, 0), rates, column(rows, 1), accepted, column(rows, 2), column(rows, 3));
  }

  /** Figures of all identities. */
  public IdentityGroup all() {
    return group("all", label -> true);
  }

  /**
   * Figures by size of the identity in the training set: tail up to 3 images, middle 4 to 19, head
   * 20 and more, as {@code ffc data stats} counts them; groups without identities are left out.
   *
   * @param trainingImages images of an identity in the training set, 0 for unknown ones, which form
   *     the group {@code unseen}
   */
  public List<IdentityGroup> strata(LongUnaryOperator trainingImages) {
    Map<String, Predicate<Long>> groups = new LinkedHashMap<>();
    groups.put("head", images -> images >= DataStats.HEAD);
    groups.put("middle", images -> images > DataStats.TAIL && images < DataStats.HEAD);
    groups.put("tail", images -> images >= 1 && images <= DataStats.TAIL);
    groups.put("unseen", images -> images < 1);
    List<IdentityGroup> figures = new ArrayList<>();
    groups.forEach(
        (name, fits) -> {
          IdentityGroup group = group(name, label -> fits.test(trainingImages.applyAsLong(label)));
          if (group.identities() > 0) {
            figures.add(group);
          }
        });
    return figures;
  }

  /** Figures of the identities that belong to a group. */
  IdentityGroup group(String name, Predicate<Long> members) {
    int[] rows = IntStream.range(0, labels.length).filter(i -> members.test(labels[i])).toArray();
    Map<String, IdentityGroup.Share> tarAtFar = new LinkedHashMap<>();
    for (int i = 0; i < accepted.length; i++) {
      IdentityGroup.Share share = share(rows, accepted[i], pairs);
      if (share != null) {
        tarAtFar.put(rates.get(i).key(), share);
      }
    }
    return new IdentityGroup(name, rows.length, tarAtFar, share(rows, found, probes));
  }

  private static IdentityGroup.Share share(int[] rows, long[] hits, long[] trials) {
    long[] hit = Arrays.stream(rows).mapToLong(row -> hits[row]).toArray();
    long[] all = Arrays.stream(rows).mapToLong(row -> trials[row]).toArray();
    long sum = Arrays.stream(all).sum();
    if (sum == 0) {
      return null;
    }
    Bootstrap.Interval interval = Bootstrap.of(hit, all, 1000, 0.95, 1);
    return new IdentityGroup.Share(
        (double) Arrays.stream(hit).sum() / sum, interval.low(), interval.high(), sum);
  }

  private static long[] column(List<long[]> rows, int column) {
    return rows.stream().mapToLong(row -> row[column]).toArray();
  }
}
