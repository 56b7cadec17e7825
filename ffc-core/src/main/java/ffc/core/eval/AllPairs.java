package ffc.core.eval;

import java.util.List;

/**
 * All pairs of a labelled set, exhaustively: true accept rates down to a false accept rate of 1e-9,
 * and the ROC curve.
 *
 * @param genuinePairs pairs of one identity
 * @param impostorPairs pairs of two identities
 * @param tarAtFar rates by falling false accept rate, 1e-3 … 1e-9; those finer than one impostor
 *     pair are left out
 * @param roc curve by rising false accept rate, four points a decade, accurate to a histogram bin
 */
public record AllPairs(
    long genuinePairs, long impostorPairs, List<TarAtFar> tarAtFar, List<EvalResult.RocPoint> roc) {
  /** Up to so many pairs a second sweep makes the rates exact. */
  static final long EXACT_PAIRS = 300_000_000L;

  /**
   * Sweeps all pairs of a set.
   *
   * @throws IllegalArgumentException if it has no genuine or no impostor pair
   */
  public static AllPairs of(Embeddings embeddings) {
    return of(embeddings, new PairSweep.Visitor[0]);
  }

  /** As {@link #of(Embeddings)}, showing every block to others as well. */
  static AllPairs of(Embeddings embeddings, PairSweep.Visitor... others) {
    SimilarityHistogram histogram = new SimilarityHistogram();
    PairSweep.over(
        embeddings,
        (rowFrom, rows, colFrom, cols, cosines) -> {
          forEachPair(embeddings, rowFrom, rows, colFrom, cols, cosines, histogram::add);
          for (PairSweep.Visitor other : others) {
            other.block(rowFrom, rows, colFrom, cols, cosines);
          }
        });
    return from(embeddings, histogram);
  }

  private static AllPairs from(Embeddings embeddings, SimilarityHistogram histogram) {
    if (histogram.genuinePairs() == 0 || histogram.impostorPairs() == 0) {
      throw new IllegalArgumentException(
          "all-pairs evaluation needs two images of one identity and two identities, got "
              + histogram.genuinePairs()
              + " genuine and "
              + histogram.impostorPairs()
              + " impostor pairs of "
              + embeddings.size()
              + " images");
    }
    RocFromHistogram curve = new RocFromHistogram(histogram);
    List<TarAtFar> rates = curve.rates();
    if (histogram.genuinePairs() + histogram.impostorPairs() <= EXACT_PAIRS) {
      BinValues values = new BinValues(rates, histogram);
      PairSweep.over(
          embeddings,
          (rowFrom, rows, colFrom, cols, cosines) ->
              forEachPair(embeddings, rowFrom, rows, colFrom, cols, cosines, values::add));
      rates = rates.stream().map(values::exact).toList();
    }
    return new AllPairs(histogram.genuinePairs(), histogram.impostorPairs(), rates, curve.points());
  }

  /** Takes one pair's similarity. */
  private interface PairConsumer {
    void accept(float similarity, boolean same);
  }

  private static void forEachPair(
      Embeddings embeddings,
      int rowFrom,
      int rows,
      int colFrom,
      int cols,
      float[] cosines,
      PairConsumer consumer) {
    for (int r = 0; r < rows; r++) {
      long label = embeddings.label(rowFrom + r);
      for (int c = colFrom == rowFrom ? r + 1 : 0; c < cols; c++) {
        consumer.accept(cosines[r * cols + c], embeddings.label(colFrom + c) == label);
      }
    }
  }
}
