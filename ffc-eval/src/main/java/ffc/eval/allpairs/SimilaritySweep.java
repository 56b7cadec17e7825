package ffc.eval.allpairs;

import ffc.eval.embedding.Embeddings;

/** Visits the similarity of every pair of rows, in blocks, with memory for a few blocks. */
public final class SimilaritySweep {
  /** Takes one pair. */
  public interface PairVisitor {
    /** Called for each pair; never by two threads at once. */
    void pair(int row, int col, float cosine);
  }

  private SimilaritySweep() {}

  /** All pairs row &lt; col of one set. */
  public static void within(Embeddings embeddings, PairVisitor visitor) {
    PairSweep.over(
        embeddings,
        (rowFrom, rows, colFrom, cols, cosines) -> {
          for (int r = 0; r < rows; r++) {
            for (int c = colFrom == rowFrom ? r + 1 : 0; c < cols; c++) {
              visitor.pair(rowFrom + r, colFrom + c, cosines[r * cols + c]);
            }
          }
        });
  }

  /** All pairs of a row of one set and a row of another. */
  public static void across(Embeddings rowSet, Embeddings colSet, PairVisitor visitor) {
    PairSweep.across(
        rowSet,
        colSet,
        0,
        colSet.size(),
        (rowFrom, rows, colFrom, cols, cosines) -> {
          for (int r = 0; r < rows; r++) {
            for (int c = 0; c < cols; c++) {
              visitor.pair(rowFrom + r, colFrom + c, cosines[r * cols + c]);
            }
          }
        });
  }
}
