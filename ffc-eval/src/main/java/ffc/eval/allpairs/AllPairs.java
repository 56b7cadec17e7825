package ffc.eval.allpairs;

import ffc.engine.InnerProduct;
import ffc.eval.embedding.Embeddings;
import ffc.eval.embedding.RowView;
import ffc.eval.roc.BinValues;
import ffc.eval.roc.EvalResult;
import ffc.eval.roc.RocFromHistogram;
import ffc.eval.roc.ScoreHistogram;
import ffc.eval.roc.SimilarityHistogram;
import ffc.eval.roc.TarAtFar;
import java.util.List;

/**
 * All pairs of a labelled set, exhaustively: true accept rates down to a false accept rate of 1e-9,
 * and the ROC curve.
 *
 * <p>Up to {@value #EXACT_PAIRS} pairs a second sweep makes the rates exact. Above, a rate is known
 * to a histogram bin ({@link TarAtFar#slack}), and impostors far below the threshold of 1e-3 are
 * only counted.
 *
 * @param genuinePairs pairs of one identity
 * @param impostorPairs pairs of two identities
 * @param tarAtFar rates by falling false accept rate, 1e-3 … 1e-9; those finer than one impostor
 *     pair are left out
 * @param roc curve by rising false accept rate, four points a decade, accurate to a histogram bin
 * @param scores how the similarities are spread
 */
public record AllPairs(
    long genuinePairs,
    long impostorPairs,
    List<TarAtFar> tarAtFar,
    List<EvalResult.RocPoint> roc,
    ScoreHistogram scores) {
  /** Share of the pairs that may be multiplied twice. */
  private static final double MOST_NEAR = 0.03;

  /** Up to so many pairs the rates are exact. */
  public static final long EXACT_PAIRS = 300_000_000L;

  /**
   * Sweeps all pairs of a set.
   *
   * @throws IllegalArgumentException if it has no genuine or no impostor pair
   */
  public static AllPairs of(Embeddings embeddings) {
    return of(RowView.sorted(embeddings), EXACT_PAIRS);
  }

  /** As {@link #of(Embeddings)}, in the order given, showing every block to others as well. */
  public static AllPairs of(Embeddings embeddings, PairSweep.Visitor... others) {
    return of(embeddings, EXACT_PAIRS, others);
  }

  public static AllPairs of(Embeddings embeddings, long exactPairs, PairSweep.Visitor... others) {
    long n = embeddings.size();
    boolean exact = n * (n - 1) / 2 <= exactPairs;
    ImpostorSample sample = exact ? null : ImpostorSample.of(embeddings);
    // The cut only decides which pairs are binned one by one. A rate that falls below it after all
    // is left out, not wrong.
    SimilarityHistogram histogram =
        new SimilarityHistogram(exact ? -2 : sample.surelyExceededBy(1e-3));
    if (exact || others.length > 0 || !tail(embeddings, sample, histogram)) {
      sweep(embeddings, histogram, others);
    }
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
    if (exact) {
      BinValues values = new BinValues(rates, histogram);
      PairSweep.over(
          embeddings,
          (rowFrom, rows, colFrom, cols, cosines) ->
              forEachPair(embeddings, rowFrom, rows, colFrom, cols, cosines, values::add));
      rates = rates.stream().map(values::exact).toList();
    }
    return new AllPairs(
        histogram.genuinePairs(),
        histogram.impostorPairs(),
        rates,
        curve.points(),
        histogram.coarse(exact ? null : sample.similarities()));
  }

  private static void sweep(
      Embeddings embeddings, SimilarityHistogram histogram, PairSweep.Visitor... others) {
    PairSweep.over(
        embeddings,
        (rowFrom, rows, colFrom, cols, cosines) -> {
          if (disjoint(embeddings, rowFrom, rows, colFrom, cols)) {
            histogram.addImpostors(cosines, rows * cols);
          } else {
            forEachPair(embeddings, rowFrom, rows, colFrom, cols, cosines, histogram::add);
          }
          for (PairSweep.Visitor other : others) {
            other.block(rowFrom, rows, colFrom, cols, cosines);
          }
        });
  }

  /**
   * Fills the histogram by 8-bit products; false, and nothing done, if they do not serve: on
   * processors without them, or where so many pairs lie near the cut that f32 products are faster.
   */
  private static boolean tail(
      Embeddings embeddings, ImpostorSample sample, SimilarityHistogram histogram) {
    Embeddings sorted = RowView.sorted(embeddings);
    Int8Rows codes = Int8Rows.of(sorted);
    double reach = Int8Rows.farthest(codes.meanLost(), codes.meanLost());
    if (sample.shareAbove(histogram.cut() - reach) > MOST_NEAR || !TailSweep.usable(sorted.dim())) {
      return false;
    }
    forEachGenuinePair(sorted, similarity -> histogram.add(similarity, true));
    TailSweep.over(
        sorted,
        codes,
        histogram.cut(),
        (rows, cols, similarities, count) -> histogram.addAbove(similarities, count));
    long n = sorted.size();
    histogram.addBelow(n * (n - 1) / 2 - histogram.genuinePairs() - histogram.impostorPairs());
    return true;
  }

  private interface SimilarityConsumer {
    void accept(float similarity);
  }

  private static void forEachGenuinePair(Embeddings sorted, SimilarityConsumer consumer) {
    int dim = sorted.dim();
    int n = sorted.size();
    for (int from = 0, to; from < n; from = to) {
      to = from + 1;
      while (to < n && sorted.label(to) == sorted.label(from)) {
        to++;
      }
      float[] rows = new float[Math.multiplyExact(to - from, dim)];
      sorted.read(from, to - from, rows, 0);
      for (int a = 1; a < to - from; a++) {
        for (int b = 0; b < a; b++) {
          consumer.accept(InnerProduct.of(rows, a * dim, rows, b * dim, dim));
        }
      }
    }
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

  /**
   * Whether the labels of two blocks lie in ranges that do not meet: true for most sorted blocks.
   */
  private static boolean disjoint(
      Embeddings embeddings, int rowFrom, int rows, int colFrom, int cols) {
    if (rowFrom == colFrom) {
      return false;
    }
    long rowMin = Long.MAX_VALUE;
    long rowMax = Long.MIN_VALUE;
    for (int i = rowFrom; i < rowFrom + rows; i++) {
      rowMin = Math.min(rowMin, embeddings.label(i));
      rowMax = Math.max(rowMax, embeddings.label(i));
    }
    long colMin = Long.MAX_VALUE;
    long colMax = Long.MIN_VALUE;
    for (int i = colFrom; i < colFrom + cols; i++) {
      colMin = Math.min(colMin, embeddings.label(i));
      colMax = Math.max(colMax, embeddings.label(i));
    }
    return rowMax < colMin || colMax < rowMin;
  }
}
