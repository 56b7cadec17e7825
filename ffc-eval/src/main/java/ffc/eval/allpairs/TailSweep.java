package ffc.eval.allpairs;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import ffc.engine.ComputeThreads;
import ffc.engine.InnerProduct;
import ffc.engine.NativeOps;
import ffc.engine.Upload;
import ffc.eval.embedding.Embeddings;
import ffc.loaders.data.Progress;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/**
 * Finds the impostor pairs above a similarity among all pairs of a large set. Rows are multiplied
 * with 8 bits, ten times as fast as with 32; pairs that could lie above the cut by the bound of
 * {@link Int8Rows} are multiplied again in f32. None is missed, and every similarity that counts is
 * an f32 one. See docs/decisions/050-tar-at-far.md.
 */
final class TailSweep {
  private static final int ROWS = 512;
  private static final int COLS = 1024;
  private static final int PART = NativeOps.INT8_COLUMNS;

  private final Embeddings embeddings;
  private final Int8Rows codes;
  private final int rowEnd;
  private final float cut;
  private final PairsAbove.Visitor above;
  private final Progress progress;
  private final int panelCols;
  private final AtomicInteger panels;
  private final AtomicLong looked = new AtomicLong();

  private TailSweep(
      Embeddings embeddings,
      Int8Rows codes,
      int rowEnd,
      float cut,
      PairsAbove.Visitor above,
      Progress progress,
      int panelCols) {
    this.embeddings = embeddings;
    this.codes = codes;
    this.rowEnd = rowEnd;
    this.cut = cut;
    this.above = above;
    this.progress = progress;
    this.panelCols = panelCols;
    panels = new AtomicInteger((embeddings.size() + panelCols - 1) / panelCols);
  }

  /**
   * Whether this engine on this processor multiplies 8-bit rows of a length exactly.
   *
   * @param dim length of the rows
   */
  static boolean usable(int dim) {
    return exact(dim, NativeOps::int8Products);
  }

  /** Whether products and the largest of each part are those of whole numbers. */
  static boolean exact(int dim, BiFunction<NDArray, NDArray, NDList> multiply) {
    byte[] rows = new byte[ROWS * dim];
    byte[] cols = new byte[COLS * dim];
    for (int i = 0; i < rows.length; i++) {
      // The largest numbers, of one sign and of both, and mixed ones.
      rows[i] = (byte) (i / dim % 3 == 2 ? i * 37 % 255 - 127 : 127);
    }
    for (int i = 0; i < cols.length; i++) {
      cols[i] = (byte) (i / dim % 3 == 2 ? i * 91 % 255 - 127 : i / dim % 3 == 1 ? -127 : 127);
    }
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      NDList result = multiply.apply(array(manager, rows, dim), array(manager, cols, dim));
      int[] products = result.get(0).toIntArray();
      int[] largest = result.get(1).toIntArray();
      for (int r = 0; r < ROWS; r += 7) {
        for (int part = 0; part < COLS / PART; part++) {
          int most = Integer.MIN_VALUE;
          for (int c = part * PART; c < (part + 1) * PART; c++) {
            int sum = 0;
            for (int k = 0; k < dim; k++) {
              sum += rows[r * dim + k] * cols[c * dim + k];
            }
            most = Math.max(most, sum);
            if (products[r * COLS + c] != sum) {
              return false;
            }
          }
          if (largest[r * (COLS / PART) + part] != most) {
            return false;
          }
        }
      }
      return true;
    } catch (EngineException e) {
      return false; // an engine without the operator
    }
  }

  /**
   * Sweeps all pairs of a set, on as many threads as the engine has.
   *
   * @param cut similarity that must be exceeded
   * @param above told of every impostor pair that does, in any order
   */
  static void over(Embeddings embeddings, Int8Rows codes, float cut, PairsAbove.Visitor above) {
    over(embeddings, codes, embeddings.size(), cut, above, Progress.NONE);
  }

  /**
   * Sweeps the pairs of the first rows of a set with all that follow them.
   *
   * @param rowEnd how many of them there are
   */
  static void over(
      Embeddings embeddings,
      Int8Rows codes,
      int rowEnd,
      float cut,
      PairsAbove.Visitor above,
      Progress progress) {
    // Wide panels read the rows less often; 16 MiB a thread.
    int blocks = (1 << 22) / embeddings.dim() / COLS;
    int panelCols = COLS * Math.max(1, Math.min(8, blocks));
    over(embeddings, codes, rowEnd, cut, above, progress, panelCols);
  }

  /** The same in panels of so many columns. */
  static void over(
      Embeddings embeddings,
      Int8Rows codes,
      int rowEnd,
      float cut,
      PairsAbove.Visitor above,
      Progress progress,
      int panelCols) {
    TailSweep sweep = new TailSweep(embeddings, codes, rowEnd, cut, above, progress, panelCols);
    int threads = JniUtils.getNumThreads();
    ExecutorService workers =
        Executors.newFixedThreadPool(
            threads,
            task -> {
              Thread thread = new Thread(task, "similarity-tail");
              thread.setDaemon(true);
              return thread;
            });
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        all.add(workers.submit(sweep::work));
      }
      for (Future<?> one : all) {
        one.get();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException problem) {
        throw problem;
      }
      throw new IllegalStateException("evaluation failed: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("evaluation was interrupted", e);
    } finally {
      workers.shutdownNow();
      ComputeThreads.set(threads); // the workers set it for new threads
    }
  }

  private void work() {
    // One panel a thread scales better than one product on all of them.
    ComputeThreads.set(1);
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      Panel panel = new Panel(manager);
      // From the last, which has the most rows beside it, to the first.
      for (int i = panels.decrementAndGet(); i >= 0; i = panels.decrementAndGet()) {
        panel.sweep(i * panelCols, Math.min(embeddings.size(), (i + 1) * panelCols));
      }
      panel.flush();
    }
  }

  /** Pairs of a row in [rowFrom, rowTo) and a later one that is below {@code end}. */
  private static long pairs(int end, int rowFrom, int rowTo) {
    long rows = Math.max(0, Math.min(rowTo, end) - rowFrom);
    long first = end - 1L - rowFrom;
    return rows * (2 * first - rows + 1) / 2;
  }

  private static NDArray array(NDManager manager, byte[] codes, int dim) {
    return Upload.to(
        manager, ByteBuffer.wrap(codes), new Shape(codes.length / dim, dim), DataType.INT8);
  }

  /** The pairs of a run of columns with all rows up to them; what one thread works on. */
  private final class Panel {
    private final int dim = embeddings.dim();
    private final NDManager manager;

    /** The columns, by their scale, so that those of a part have nearly the same. */
    private final int[] order = new int[panelCols];

    private final float[] cols = new float[panelCols * dim];
    private final float[] scale = new float[panelCols];
    private final float[] lost = new float[panelCols];
    private final float[] partScale = new float[panelCols / PART];
    private final float[] partLost = new float[panelCols / PART];
    private final float[] rows = new float[ROWS * dim];
    private final byte[] rowCodes = new byte[ROWS * dim];
    private final byte[] colCodes = new byte[COLS * dim];
    private final int[] foundRows = new int[1 << 14];
    private final int[] foundCols = new int[1 << 14];
    private final float[] found = new float[1 << 14];
    private int count;
    private int colCount;

    Panel(NDManager manager) {
      this.manager = manager;
    }

    void sweep(int from, int to) {
      colCount = to - from;
      List<Integer> byScale = new ArrayList<>(IntStream.range(from, to).boxed().toList());
      byScale.sort((a, b) -> Float.compare(codes.scale(a), codes.scale(b)));
      // Columns beyond the end have the scale 0 and are never looked at.
      Arrays.fill(partScale, 0);
      Arrays.fill(partLost, 0);
      for (int c = 0; c < colCount; c++) {
        order[c] = byScale.get(c);
        embeddings.read(order[c], 1, cols, c * dim);
        scale[c] = codes.scale(order[c]);
        lost[c] = codes.lost(order[c]);
        partScale[c / PART] = Math.max(partScale[c / PART], scale[c]);
        partLost[c / PART] = Math.max(partLost[c / PART], lost[c]);
      }
      try (NDManager panelManager = manager.newSubManager()) {
        List<NDArray> blocks = new ArrayList<>();
        for (int col = 0; col < colCount; col += COLS) {
          blocks.add(encodeCols(panelManager, col));
        }
        int end = Math.min(to, rowEnd);
        for (int row = 0; row < end; row += ROWS) {
          int rowCount = Math.min(ROWS, end - row);
          rows(row, rowCount, blocks);
          looked(row, rowCount, from, to);
        }
      }
    }

    /** Tells of some rows that have met the columns [from, to). */
    private void looked(int row, int rowCount, int from, int to) {
      long pairs = pairs(to, row, row + rowCount) - pairs(from, row, row + rowCount);
      progress.report("comparing", looked.addAndGet(pairs), pairs(embeddings.size(), 0, rowEnd));
    }

    private NDArray encodeCols(NDManager owner, int col) {
      Arrays.fill(colCodes, (byte) 0);
      for (int c = col; c < Math.min(col + COLS, colCount); c++) {
        Int8Rows.encode(cols, c * dim, scale[c], dim, colCodes, (c - col) * dim);
      }
      return array(owner, colCodes, dim);
    }

    private void rows(int row, int rowCount, List<NDArray> blocks) {
      embeddings.read(row, rowCount, rows, 0);
      for (int r = 0; r < rowCount; r++) {
        Int8Rows.encode(rows, r * dim, codes.scale(row + r), dim, rowCodes, r * dim);
      }
      try (NDManager rowManager = manager.newSubManager()) {
        // Rows beyond the end keep what was there before and are not looked at.
        NDArray left = array(rowManager, rowCodes, dim);
        for (int block = 0; block < blocks.size(); block++) {
          try (NDManager blockManager = rowManager.newSubManager()) {
            NDList result = NativeOps.int8Products(left, blocks.get(block));
            result.attach(blockManager);
            scan(
                row,
                rowCount,
                block * COLS,
                result.get(0).toByteBuffer(true).asIntBuffer(),
                result.get(1).toByteBuffer(true).asIntBuffer());
          }
        }
      }
    }

    private void scan(int row, int rowCount, int col, IntBuffer products, IntBuffer largest) {
      int parts = COLS / PART;
      for (int r = 0; r < rowCount; r++) {
        float rowScale = codes.scale(row + r);
        float rowLost = codes.lost(row + r);
        for (int part = 0; part < parts; part++) {
          float wanted = cut - Int8Rows.farthest(rowLost, partLost[col / PART + part]);
          float most = largest.get(r * parts + part) * rowScale * partScale[col / PART + part];
          // Below zero the largest scale does not give the largest similarity.
          if (wanted <= 0 || most > wanted) {
            scanPart(row, r, col + part * PART, r * COLS + part * PART, products);
          }
        }
      }
    }

    private void scanPart(int row, int r, int from, int at, IntBuffer products) {
      float rowScale = codes.scale(row + r);
      float rowLost = codes.lost(row + r);
      int end = Math.min(PART, colCount - from);
      for (int i = 0; i < end; i++) {
        int c = from + i;
        if (products.get(at + i) * rowScale * scale[c]
            > cut - Int8Rows.farthest(rowLost, lost[c])) {
          nearTheCut(row, r, c);
        }
      }
    }

    private void nearTheCut(int row, int r, int c) {
      if (order[c] <= row + r || embeddings.label(row + r) == embeddings.label(order[c])) {
        return;
      }
      float similarity = InnerProduct.of(rows, r * dim, cols, c * dim, dim);
      if (similarity > cut) {
        foundRows[count] = row + r;
        foundCols[count] = order[c];
        found[count++] = similarity;
        if (count == found.length) {
          flush();
        }
      }
    }

    void flush() {
      synchronized (above) {
        above.pairs(foundRows, foundCols, found, count);
      }
      count = 0;
    }
  }
}
