package ffc.core.eval;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;

/**
 * Visits the cosines of all pairs of rows, block by block in a fixed order: no list of pairs,
 * memory for a few blocks. The products are the engine's, on the CPU, in f32.
 */
final class PairSweep {
  /** Takes one block of cosines. */
  interface Visitor {
    /**
     * A block of the upper triangle; those on the diagonal come in full.
     *
     * @param rowFrom number of the block's first row
     * @param colFrom number of its first column; {@code colFrom >= rowFrom}
     * @param cosines f32 [rows, cols], rounded sums of {@code dim} products; reused by the next
     *     call
     */
    void block(int rowFrom, int rows, int colFrom, int cols, float[] cosines);
  }

  private static final int BLOCK = 1024;

  private PairSweep() {}

  static void over(Embeddings embeddings, Visitor visitor) {
    int n = embeddings.size();
    int block = Math.min(BLOCK, Math.max(1, n));
    float[] panel = new float[Math.multiplyExact(block, embeddings.dim())];
    float[] cosines = new float[block * block];
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      for (int colFrom = 0; colFrom < n; colFrom += block) {
        int cols = Math.min(block, n - colFrom);
        try (NDManager colManager = manager.newSubManager()) {
          NDArray colsByDim = load(embeddings, colFrom, cols, panel, colManager).transpose();
          for (int rowFrom = 0; rowFrom <= colFrom; rowFrom += block) {
            int rows = Math.min(block, n - rowFrom);
            try (NDManager blockManager = colManager.newSubManager()) {
              NDArray product =
                  load(embeddings, rowFrom, rows, panel, blockManager).matMul(colsByDim);
              product.toByteBuffer(true).asFloatBuffer().get(cosines, 0, rows * cols);
              visitor.block(rowFrom, rows, colFrom, cols, cosines);
            }
          }
        }
      }
    }
  }

  private static NDArray load(
      Embeddings from, int row, int count, float[] panel, NDManager manager) {
    from.read(row, count, panel, 0);
    return manager.create(
        FloatBuffer.wrap(panel, 0, count * from.dim()), new Shape(count, from.dim()));
  }
}
