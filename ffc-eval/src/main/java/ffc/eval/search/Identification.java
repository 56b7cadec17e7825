package ffc.eval.search;

import ffc.engine.InnerProduct;
import ffc.eval.allpairs.PairSweep;
import ffc.eval.embedding.Embeddings;
import ffc.eval.roc.EvalResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;

/**
 * Leave-one-out 1:N search: every image that is not alone of its identity is searched for among all
 * others; its rank is 1 plus the images of other identities at least as similar as its most similar
 * own one.
 *
 * @param probes images searched for
 * @param rankN share of them with rank at most n, for n = 1, 5, 10
 * @param cmc the same for every n from 1 to 20 (cumulative match characteristic); empty without
 *     probes
 * @param neighbours some probes with their nearest images, those missed at rank 1 first
 */
public record Identification(
    long probes,
    Map<Integer, Double> rankN,
    List<Double> cmc,
    List<EvalResult.Neighbours> neighbours) {
  /** Ranks reported. */
  public static final List<Integer> RANKS = List.of(1, 5, 10);

  private static final int CURVE = 20;
  private static final int SHOWN = 12;
  private static final int NEIGHBOURS = 8;

  /** Searches a set alone; {@link Search} shares a sweep with other protocols. */
  public static Identification of(Embeddings embeddings) {
    Search search = new Search(embeddings);
    PairSweep.over(embeddings, search);
    return search.result();
  }

  /** The same with other numbers for the images of its neighbours. */
  public Identification numbered(LongUnaryOperator number) {
    return new Identification(
        probes,
        rankN,
        cmc,
        neighbours.stream()
            .map(
                n ->
                    new EvalResult.Neighbours(
                        number.applyAsLong(n.probe()),
                        n.probeIdentity(),
                        Arrays.stream(n.images()).map(number).toArray(),
                        n.identities(),
                        n.cosines()))
            .toList());
  }

  /** Collects, for each image, its best own similarity and the best of other identities. */
  public static final class Search extends OwnAndOthers {
    private static final int KEPT = CURVE;

    private final Embeddings embeddings;
    private final float[] bestOwn;

    /** The twenty best of each image, ascending, so that the first is the one to beat. */
    private final float[] bestOthers;

    public Search(Embeddings embeddings) {
      super(embeddings);
      this.embeddings = embeddings;
      this.bestOwn = new float[embeddings.size()];
      this.bestOthers = new float[Math.multiplyExact(embeddings.size(), KEPT)];
      Arrays.fill(bestOwn, Float.NEGATIVE_INFINITY);
      Arrays.fill(bestOthers, Float.NEGATIVE_INFINITY);
    }

    @Override
    void own(int image, float cosine) {
      bestOwn[image] = Math.max(bestOwn[image], cosine);
    }

    @Override
    void other(int image, float cosine) {
      TopScores.offer(bestOthers, image * KEPT, KEPT, cosine);
    }

    public Identification result() {
      long probes = 0;
      long[] hits = new long[CURVE + 1];
      List<Integer> missed = new ArrayList<>();
      List<Integer> found = new ArrayList<>();
      for (int image = 0; image < bestOwn.length; image++) {
        if (bestOwn[image] == Float.NEGATIVE_INFINITY) {
          continue;
        }
        probes++;
        for (int rank = 1; rank <= CURVE; rank++) {
          hits[rank] += hit(image, rank) ? 1 : 0;
        }
        (hit(image, 1) ? found : missed).add(image);
      }
      List<Double> cmc = new ArrayList<>();
      for (int rank = 1; probes > 0 && rank <= CURVE; rank++) {
        cmc.add((double) hits[rank] / probes);
      }
      Map<Integer, Double> rankN = new LinkedHashMap<>();
      for (int i = 0; probes > 0 && i < RANKS.size(); i++) {
        rankN.put(RANKS.get(i), cmc.get(RANKS.get(i) - 1));
      }
      List<EvalResult.Neighbours> shown = new ArrayList<>();
      int ofMissed = Math.min(missed.size(), Math.max(SHOWN / 2, SHOWN - found.size()));
      evenly(missed, ofMissed).forEach(image -> shown.add(neighbours(image)));
      evenly(found, SHOWN - shown.size()).forEach(image -> shown.add(neighbours(image)));
      return new Identification(probes, rankN, List.copyOf(cmc), List.copyOf(shown));
    }

    /** Rank at most n: the n-th best of other identities is below the best own one. */
    public boolean hit(int image, int n) {
      return bestOthers[(image + 1) * KEPT - n] < bestOwn[image];
    }

    private static List<Integer> evenly(List<Integer> images, int count) {
      List<Integer> picked = new ArrayList<>();
      int wanted = Math.min(count, images.size());
      for (int i = 0; i < wanted; i++) {
        picked.add(images.get((int) ((long) i * images.size() / wanted)));
      }
      return picked;
    }

    private EvalResult.Neighbours neighbours(int probe) {
      int count = Math.min(NEIGHBOURS, embeddings.size() - 1);
      float[] cosines = new float[count];
      long[] images = new long[count];
      Arrays.fill(cosines, Float.NEGATIVE_INFINITY);
      int dim = embeddings.dim();
      float[] own = new float[dim];
      float[] other = new float[dim];
      embeddings.read(probe, 1, own, 0);
      for (int image = 0; image < embeddings.size(); image++) {
        if (image == probe) {
          continue;
        }
        embeddings.read(image, 1, other, 0);
        float cosine = InnerProduct.of(own, 0, other, 0, dim);
        for (int at = count - 1; at >= 0 && cosine > cosines[at]; at--) {
          if (at + 1 < count) {
            cosines[at + 1] = cosines[at];
            images[at + 1] = images[at];
          }
          cosines[at] = cosine;
          images[at] = image;
        }
      }
      long[] identities = Arrays.stream(images).map(i -> embeddings.label((int) i)).toArray();
      return new EvalResult.Neighbours(probe, embeddings.label(probe), images, identities, cosines);
    }
  }
}
