package ffc.eval.roc;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Keeps the similarities that fall into a few deciding bins, to make rates exact. */
public final class BinValues {
  private final SimilarityHistogram histogram;
  private final boolean[] wanted = new boolean[SimilarityHistogram.BINS];
  private final Map<Integer, Values> impostor = new HashMap<>();
  private final Map<Integer, Values> genuine = new HashMap<>();

  public BinValues(List<TarAtFar> rates, SimilarityHistogram histogram) {
    this.histogram = histogram;
    for (TarAtFar rate : rates) {
      int bin = decidingBin(rate);
      wanted[bin] = true;
      impostor.computeIfAbsent(bin, b -> new Values());
      genuine.computeIfAbsent(bin, b -> new Values());
    }
  }

  public void add(float similarity, boolean same) {
    int bin = SimilarityHistogram.bin(similarity);
    if (wanted[bin]) {
      (same ? genuine : impostor).get(bin).add(similarity);
    }
  }

  /** The rate with its threshold at the deciding impostor itself. */
  public TarAtFar exact(TarAtFar rate) {
    int bin = decidingBin(rate);
    float[] impostors = impostor.get(bin).sorted();
    float[] genuines = genuine.get(bin).sorted();
    if (impostors.length != histogram.impostor(bin) || genuines.length != histogram.genuine(bin)) {
      throw new IllegalStateException(
          "the second sweep found other similarities in bin "
              + bin
              + ": got "
              + impostors.length
              + " impostors, wanted "
              + histogram.impostor(bin)
              + "; the embeddings changed meanwhile");
    }
    if (impostors.length == 0) {
      return rate;
    }
    long allowed =
        (long) Math.floor(rate.far() * histogram.impostorPairs() * (1 + 1e-12))
            - rate.acceptedImpostors();
    float threshold = impostors[Math.max(0, impostors.length - 1 - (int) allowed)];
    return new TarAtFar(
        rate.far(),
        rate.tar() + (double) above(genuines, threshold) / histogram.genuinePairs(),
        0,
        threshold,
        rate.acceptedImpostors() + above(impostors, threshold));
  }

  private static int decidingBin(TarAtFar rate) {
    return (int) Math.round((rate.threshold() + 1) * (SimilarityHistogram.BINS / 2.0)) - 1;
  }

  private static int above(float[] sorted, float threshold) {
    int count = 0;
    while (count < sorted.length && sorted[sorted.length - 1 - count] > threshold) {
      count++;
    }
    return count;
  }

  /** A growing list of floats. */
  private static final class Values {
    private float[] values = new float[16];
    private int size;

    public void add(float value) {
      if (size == values.length) {
        values = Arrays.copyOf(values, 2 * size);
      }
      values[size++] = value;
    }

    float[] sorted() {
      float[] sorted = Arrays.copyOf(values, size);
      Arrays.sort(sorted);
      return sorted;
    }
  }
}
