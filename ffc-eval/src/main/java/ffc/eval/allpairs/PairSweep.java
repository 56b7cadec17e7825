package ffc.eval.allpairs;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ffc.engine.Upload;
import ffc.eval.embedding.Embeddings;
import java.nio.FloatBuffer;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Visits the cosines of all pairs of rows, block by block in a fixed order: no list of pairs,
 * memory for a few blocks. The products are the engine's, on the CPU, in f32; one block is visited
 * on a second thread while the next is multiplied.
 */
public final class PairSweep implements AutoCloseable {
  /** Takes one block of cosines; calls never overlap and see each other's effects. */
  public interface Visitor {
    /**
     * A block of the table of cosines. In a sweep over one set it lies in the upper triangle; those
     * on the diagonal come in full.
     *
     * @param rowFrom number of the block's first row
     * @param colFrom number of its first column; {@code colFrom >= rowFrom} in a sweep over one set
     * @param cosines f32 [rows, cols], rounded sums of {@code dim} products; reused by later calls
     */
    void block(int rowFrom, int rows, int colFrom, int cols, float[] cosines);
  }

  private static final int BLOCK = 1024;

  private final NDManager manager;
  private final ExecutorService visits;
  private final Visitor visitor;
  private final int block;
  private final float[] panel;
  private float[] filling;
  private float[] visited;
  private Future<?> pending;

  private PairSweep(int rows, int dim, Visitor visitor) {
    this.visitor = visitor;
    this.block = Math.min(BLOCK, Math.max(1, rows));
    this.panel = new float[Math.multiplyExact(block, dim)];
    this.filling = new float[block * block];
    this.visited = new float[block * block];
    // After what may find no memory.
    this.manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    this.visits =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread thread = new Thread(task, "similarity-visitor");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** All pairs of one set, row number at most column number. */
  public static void over(Embeddings embeddings, Visitor visitor) {
    try (PairSweep sweep = new PairSweep(embeddings.size(), embeddings.dim(), visitor)) {
      for (int col = 0; col < embeddings.size(); col += sweep.block) {
        int cols = Math.min(sweep.block, embeddings.size() - col);
        sweep.column(embeddings, 0, col + 1, embeddings, col, cols);
      }
      sweep.await();
    }
  }

  /**
   * All pairs of a row of one set and a row in [colFrom, colTo) of another, columns in rising
   * order.
   */
  public static void across(
      Embeddings rows, Embeddings columns, int colFrom, int colTo, Visitor visitor) {
    int largest = Math.max(rows.size(), colTo - colFrom);
    try (PairSweep sweep = new PairSweep(largest, rows.dim(), visitor)) {
      for (int col = colFrom; col < colTo; col += sweep.block) {
        sweep.column(rows, 0, rows.size(), columns, col, Math.min(sweep.block, colTo - col));
      }
      sweep.await();
    }
  }

  /** All blocks of rows [rowFrom, rowTo) with one block of columns. */
  private void column(
      Embeddings rowSet, int rowFrom, int rowTo, Embeddings colSet, int col, int cols) {
    try (NDManager colManager = manager.newSubManager()) {
      NDArray colsByDim = load(colSet, col, cols, colManager).transpose();
      for (int row = rowFrom; row < rowTo; row += block) {
        int rows = Math.min(block, rowSet.size() - row);
        try (NDManager blockManager = colManager.newSubManager()) {
          NDArray product = load(rowSet, row, rows, blockManager).matMul(colsByDim);
          product.toByteBuffer(true).asFloatBuffer().get(filling, 0, rows * cols);
        }
        await();
        float[] ready = filling;
        filling = visited;
        visited = ready;
        int first = row;
        pending = visits.submit(() -> visitor.block(first, rows, col, cols, ready));
      }
    }
  }

  private NDArray load(Embeddings from, int row, int count, NDManager owner) {
    from.read(row, count, panel, 0);
    return Upload.to(
        owner, FloatBuffer.wrap(panel, 0, count * from.dim()), new Shape(count, from.dim()));
  }

  private void await() {
    if (pending == null) {
      return;
    }
    try {
      pending.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException problem) {
        throw problem;
      }
      throw new IllegalStateException("evaluation failed: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("evaluation was interrupted", e);
    }
    pending = null;
  }

  @Override
  public void close() {
    try (manager) {
      visits.shutdownNow();
    }
  }
}
