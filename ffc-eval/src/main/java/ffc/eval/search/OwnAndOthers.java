package ffc.eval.search;

import ffc.eval.allpairs.PairSweep;
import ffc.eval.embedding.Embeddings;

/**
 * Tells the pairs of a sweep over one set by whether they are of one identity: each pair once for
 * either image, an image with itself never.
 */
abstract class OwnAndOthers implements PairSweep.Visitor {
  private final Embeddings embeddings;

  OwnAndOthers(Embeddings embeddings) {
    this.embeddings = embeddings;
  }

  /** The cosine of an image and another of its identity. */
  abstract void own(int image, float cosine);

  /** The cosine of an image and one of another identity. */
  abstract void other(int image, float cosine);

  @Override
  public final void block(int rowFrom, int rows, int colFrom, int cols, float[] cosines) {
    for (int r = 0; r < rows; r++) {
      int row = rowFrom + r;
      long label = embeddings.label(row);
      for (int c = colFrom == rowFrom ? r + 1 : 0; c < cols; c++) {
        int col = colFrom + c;
        float cosine = cosines[r * cols + c];
        if (embeddings.label(col) == label) {
          own(row, cosine);
          own(col, cosine);
        } else {
          other(row, cosine);
          other(col, cosine);
        }
      }
    }
  }
}
