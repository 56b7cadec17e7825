package ffc.eval.allpairs;

import ffc.engine.InnerProduct;
import ffc.eval.embedding.Embeddings;
import ffc.loaders.data.Progress;

/**
 * Finds the pairs of rows with two labels whose product exceeds a cut, in memory for a few blocks.
 * What is told is {@link InnerProduct#of}, which has the same bits whichever row comes first, on
 * every machine and with any number of threads; none is missed.
 */
public final class PairsAbove {
  /** How far the engine's f32 product may be from that of {@link InnerProduct}. */
  private static final float ROUNDING = 2e-5f;

  /** Takes pairs, in any order; never by two threads at once. */
  public interface Visitor {
    /**
     * Some pairs, the first {@code count} elements of each array, which are used again later.
     *
     * @param rows number of each one's first row
     * @param cols number of its second, which is larger
     * @param products of the two
     */
    void pairs(int[] rows, int[] cols, float[] products, int count);
  }

  private PairsAbove() {}

  /**
   * Sweeps the pairs of one of the first rows with any row that follows it.
   *
   * @param embeddings rows no longer than 1
   * @param first how many rows that is; all of them for all pairs
   */
  public static void sweep(
      Embeddings embeddings, int first, float cut, Visitor visitor, Progress progress) {
    if (TailSweep.usable(embeddings.dim())) {
      Int8Rows codes = Int8Rows.of(embeddings);
      TailSweep.over(embeddings, codes, first, cut, visitor, progress);
    } else {
      byBlocks(embeddings, first, cut, visitor, progress);
    }
  }

  /** The same by f32 products, for processors that multiply whole numbers wrongly. */
  static void byBlocks(
      Embeddings embeddings, int first, float cut, Visitor visitor, Progress progress) {
    int dim = embeddings.dim();
    float[] two = new float[2 * dim];
    int[] row = new int[1];
    int[] col = new int[1];
    float[] product = new float[1];
    long[] looked = new long[1];
    PairSweep.across(
        new FirstRows(embeddings, first),
        embeddings,
        0,
        embeddings.size(),
        (rowFrom, rows, colFrom, cols, products) -> {
          for (int r = 0; r < rows; r++) {
            row[0] = rowFrom + r;
            for (int c = Math.max(0, row[0] + 1 - colFrom); c < cols; c++) {
              col[0] = colFrom + c;
              if (products[r * cols + c] > cut - ROUNDING
                  && embeddings.label(row[0]) != embeddings.label(col[0])) {
                embeddings.read(row[0], 1, two, 0);
                embeddings.read(col[0], 1, two, dim);
                product[0] = InnerProduct.of(two, 0, two, dim, dim);
                if (product[0] > cut) {
                  visitor.pairs(row, col, product, 1);
                }
              }
            }
          }
          looked[0] += (long) rows * cols;
          progress.report("comparing", looked[0], (long) first * embeddings.size());
        });
  }

  /** The first rows of a set. */
  private record FirstRows(Embeddings all, int size) implements Embeddings {
    @Override
    public int dim() {
      return all.dim();
    }

    @Override
    public long label(int row) {
      return all.label(row);
    }

    @Override
    public void read(int from, int count, float[] out, int outOffset) {
      all.read(from, count, out, outOffset);
    }
  }
}
