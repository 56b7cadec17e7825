package ffc.pfc;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * The class centres W [C, E] of a trained classifier and the optimiser state of each row. Rows live
 * on the host, outside of the Java heap, and move in place; the device only ever sees the rows that
 * a step samples, block by block. A row gets its initial values, N(0, 0.01²) by seed and class
 * alone, when it is first needed.
 *
 * <p>The logits take unit rows w/|w|; {@link #update} leads the gradient through that
 * normalisation. Memory and threads stay the creator's.
 */
final class ClassCenters {
  // C classes, E embedding, n sampled classes, m classes of a block

  /** Standard deviation of initial values, as in the Partial FC papers. */
  static final double INITIAL = 0.01;

  /** Classes whose cosines are computed together: the block's arrays stay in the cache. */
  static final int BLOCK = 2048;

  /** Rows read one after the other before they are used: their cache misses overlap. */
  private static final int BATCH = 16;

  private static final int FRESH = 1 << 16;

  private static final int FORMAT = 1;

  private final long classes;
  private final int dim;
  private final long seed;
  private final RowRule rule;
  private final boolean dense;
  private final RowWorkers workers;
  private final RowTable rows;
  private final RowTable[] state;
  private final RowTable counts;
  private final RowFlags initialised;

  /**
   * @param dense whether rows that were not sampled move too: their momentum and weight decay
   */
  ClassCenters(
      long classes,
      int dim,
      long seed,
      RowRule rule,
      boolean dense,
      TableMemory memory,
      RowWorkers workers) {
    this.classes = classes;
    this.dim = dim;
    this.seed = seed;
    this.rule = rule;
    this.dense = dense;
    this.workers = workers;
    rows = new RowTable("classes", classes, dim, memory);
    state = new RowTable[rule.states()];
    for (int i = 0; i < state.length; i++) {
      state[i] = new RowTable("state" + i, classes, dim, memory);
    }
    counts = rule.counts() ? new RowTable("counts", classes, 1, memory) : null;
    initialised = new RowFlags(classes);
  }

  /** C, the number of rows. */
  long classes() {
    return classes;
  }

  /** Rows that have been given values. */
  long initialisedRows() {
    return initialised.count();
  }

  /** Gives rows that are new their initial values. */
  void prepare(SampledClasses sampled) {
    if (initialised.count() == classes) {
      return;
    }
    // A bounded list: an update of every row begins by preparing all of them.
    long[] fresh = new long[Math.min(sampled.count(), FRESH)];
    int n = 0;
    for (int column = 0; column < sampled.count(); column++) {
      if (initialised.add(sampled.at(column))) {
        fresh[n++] = sampled.at(column);
        if (n == fresh.length) {
          initialise(fresh, n);
          n = 0;
        }
      }
    }
    initialise(fresh, n);
  }

  private void initialise(long[] fresh, int n) {
    workers.run(
        n,
        (from, to) -> {
          float[] row = new float[dim];
          for (long i = from; i < to; i++) {
            InitialRows.fill(row, seed, fresh[(int) i], INITIAL);
            rows.write(fresh[(int) i], row);
          }
        });
  }

  /** One row, for inspection; new rows get their initial values. */
  float[] row(long cls) {
    prepare(SampledClasses.of(new long[] {cls}));
    float[] row = new float[dim];
    rows.read(cls, row);
    return row;
  }

  /** One row of optimiser state, for inspection. */
  float[] state(int index, long cls) {
    float[] row = new float[dim];
    state[index].read(cls, row);
    return row;
  }

  /** Overwrites one row. */
  void set(long cls, float[] row) {
    initialised.add(cls);
    rows.write(cls, row);
  }

  /**
   * Unit rows of a block of columns, prepared before.
   *
   * @return f32 [to - from, E]; owned by the manager
   */
  NDArray unit(SampledClasses sampled, int from, int to, NDManager manager) {
    NDArray unitME = manager.create(new Shape(to - from, dim), DataType.FLOAT32);
    unit(sampled, from, to, unitME);
    return unitME;
  }

  /**
   * As {@link #unit(SampledClasses, int, int, NDManager)}, into an array that is there.
   *
   * @param unitME f32 [to - from, E], contiguous; overwritten
   */
  void unit(SampledClasses sampled, int from, int to, NDArray unitME) {
    NativeBuffers.fill(
        unitME,
        out -> {
          float[][] batch = new float[BATCH][dim];
          for (int begin = from; begin < to; begin += BATCH) {
            int n = Math.min(BATCH, to - begin);
            for (int i = 0; i < n; i++) {
              rows.read(sampled.at(begin + i), batch[i]);
            }
            for (int i = 0; i < n; i++) {
              scale(batch[i], 1 / norm(batch[i]));
              out.put((begin - from + i) * dim, batch[i], 0, dim);
            }
          }
        });
  }

  /** The gradients of a step's rows, a block at a time. */
  @FunctionalInterface
  interface Gradients {
    /**
     * Gradients of a block of {@link #BLOCK} columns; several threads ask at a time.
     *
     * @param worker number of the thread
     * @return d loss / d unit row, f32 [m, E]; not used any more when the same thread asks for the
     *     next block
     */
    NDArray block(int block, int worker);
  }

  /**
   * One update, block by block: the gradients never exist as a whole. Blocks move side by side;
   * each has rows of its own.
   *
   * @param sampled classes of the step
   * @param gradients asked for each block once, before its rows move
   * @param step updates of the whole matrix, this one included
   */
  void update(SampledClasses sampled, Gradients gradients, double learningRate, long step) {
    if (dense) {
      prepare(SampledClasses.all(0, classes));
    }
    int blocks = (sampled.count() + BLOCK - 1) / BLOCK;
    workers.each(
        blocks,
        (number, worker) -> {
          int first = number * BLOCK;
          int end = Math.min(sampled.count(), first + BLOCK);
          try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            FloatBuffer values = NativeBuffers.floats(gradients.block(number, worker));
            Block block = new Block(sampled, first, end, values, learningRate);
            if (dense) {
              // The rows before a block's first column belong to the block before it.
              block.dense(
                  first == 0 ? 0 : sampled.at(first),
                  end == sampled.count() ? classes : sampled.at(end),
                  step);
            } else {
              block.sparse();
            }
          }
        });
  }

  /** Columns [first, end) of an update with their gradients. */
  private final class Block {
    private final SampledClasses sampled;
    private final int first;
    private final int end;
    private final FloatBuffer gradients;
    private final double learningRate;

    Block(SampledClasses sampled, int first, int end, FloatBuffer gradients, double learningRate) {
      this.sampled = sampled;
      this.first = first;
      this.end = end;
      this.gradients = gradients;
      this.learningRate = learningRate;
    }

    /** Moves the sampled rows. */
    void sparse() {
      Row[] batch = new Row[BATCH];
      Arrays.setAll(batch, i -> new Row());
      for (int begin = first; begin < end; begin += BATCH) {
        int n = Math.min(BATCH, end - begin);
        for (int i = 0; i < n; i++) {
          batch[i].read(sampled.at(begin + i));
        }
        for (int i = 0; i < n; i++) {
          batch[i].move(gradients, begin - first + i, learningRate, 0);
        }
      }
    }

    /** Moves all rows of some classes. */
    void dense(long from, long to, long step) {
      Row row = new Row();
      int column = sampled.columnFrom(from);
      for (long cls = from; cls < to; cls++) {
        boolean hit = column < end && sampled.at(column) == cls;
        row.read(cls);
        row.move(gradients, hit ? column++ - first : -1, learningRate, step);
      }
    }
  }

  /** A row on its way through an update, with its gradient and its state. */
  private final class Row {
    private final float[] row = new float[dim];
    private final float[] gradient = new float[dim];
    private final float[][] states = new float[state.length][dim];
    private final float[] count = new float[1];
    private long cls;

    void read(long cls) {
      this.cls = cls;
      rows.read(cls, row);
      for (int i = 0; i < states.length; i++) {
        state[i].read(cls, states[i]);
      }
    }

    /**
     * @param gradients of a block
     * @param place of the row's gradient in it; -1 = zero
     * @param step updates of the row; 0 = the row counts by itself
     */
    void move(FloatBuffer gradients, int place, double learningRate, long step) {
      if (place >= 0) {
        gradients.get(place * dim, gradient, 0, dim);
        throughNormalisation(gradient, row);
      } else {
        Arrays.fill(gradient, 0);
      }
      long updates = step;
      if (counts != null && step == 0) {
        counts.read(cls, count);
        count[0]++;
        counts.write(cls, count);
        updates = (long) count[0];
      }
      rule.apply(row, gradient, states, updates, learningRate);
      rows.write(cls, row);
      for (int i = 0; i < states.length; i++) {
        state[i].write(cls, states[i]);
      }
    }
  }

  /** (g − u (u·g)) / |w| with u = w / |w|, in place. */
  static void throughNormalisation(float[] g, float[] w) {
    float norm = norm(w);
    float along = dot(g, w) / (norm * norm);
    float inverse = 1 / norm;
    for (int i = 0; i < g.length; i++) {
      g[i] = (g[i] - w[i] * along) * inverse;
    }
  }

  static float norm(float[] row) {
    return (float) Math.max(Math.sqrt(dot(row, row)), 1e-12);
  }

  /**
   * Eight independent sums: the order of additions is fixed, and the processor can overlap them.
   */
  private static float dot(float[] a, float[] b) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    float s4 = 0;
    float s5 = 0;
    float s6 = 0;
    float s7 = 0;
    int i = 0;
    for (; i + 7 < a.length; i += 8) {
      s0 += a[i] * b[i];
      s1 += a[i + 1] * b[i + 1];
      s2 += a[i + 2] * b[i + 2];
      s3 += a[i + 3] * b[i + 3];
      s4 += a[i + 4] * b[i + 4];
      s5 += a[i + 5] * b[i + 5];
      s6 += a[i + 6] * b[i + 6];
      s7 += a[i + 7] * b[i + 7];
    }
    for (; i < a.length; i++) {
      s0 += a[i] * b[i];
    }
    return s0 + s1 + (s2 + s3) + (s4 + s5 + (s6 + s7));
  }

  private static void scale(float[] row, float factor) {
    for (int i = 0; i < row.length; i++) {
      row[i] *= factor;
    }
  }

  /**
   * Writes all rows that have values with their state, row by row. Grammar: i32 format, i64
   * classes, i32 dim, i32 states, i32 1 if rows count their updates, i64 bit words of initialised
   * rows; then for each such row, ascending: f32 row, f32 states, f32 count; integers big-endian,
   * f32 little-endian.
   */
  void save(DataOutputStream out) throws IOException {
    out.writeInt(FORMAT);
    out.writeLong(classes);
    out.writeInt(dim);
    out.writeInt(state.length);
    out.writeInt(counts == null ? 0 : 1);
    initialised.save(out);
    byte[] scratch = new byte[4 * dim];
    for (long cls = 0; cls < classes; cls++) {
      if (initialised.get(cls)) {
        rows.save(cls, out, scratch);
        for (RowTable table : state) {
          table.save(cls, out, scratch);
        }
        if (counts != null) {
          counts.save(cls, out, scratch);
        }
      }
    }
  }

  /**
   * Reads what {@link #save} wrote.
   *
   * @param where names the file, for messages
   */
  void load(DataInputStream in, String where) throws IOException {
    int format = in.readInt();
    if (format != FORMAT) {
      throw new IllegalArgumentException(
          where + ": class centres of format " + format + ", expected " + FORMAT);
    }
    long storedClasses = in.readLong();
    int storedDim = in.readInt();
    int storedStates = in.readInt();
    boolean storedCounts = in.readInt() != 0;
    if (storedClasses != classes || storedDim != dim) {
      throw new IllegalArgumentException(
          where
              + ": holds "
              + storedClasses
              + " class centres of "
              + storedDim
              + " values, the experiment has "
              + classes
              + " of "
              + dim);
    }
    if (storedStates != state.length || storedCounts != (counts != null)) {
      throw new IllegalArgumentException(
          where
              + ": class centres with "
              + storedStates
              + " optimiser states a row, optimizer.type asks for "
              + state.length
              + "; resume with the optimiser of the checkpoint");
    }
    clearState();
    initialised.load(in);
    byte[] scratch = new byte[4 * dim];
    for (long cls = 0; cls < classes; cls++) {
      if (initialised.get(cls)) {
        rows.load(cls, in, scratch);
        for (RowTable table : state) {
          table.load(cls, in, scratch);
        }
        if (counts != null) {
          counts.load(cls, in, scratch);
        }
      }
    }
  }

  /** Zero state for rows that the loaded checkpoint does not know. */
  private void clearState() {
    float[] zeros = new float[dim];
    for (long cls = 0; cls < classes && initialised.count() > 0; cls++) {
      if (initialised.get(cls)) {
        for (RowTable table : state) {
          table.write(cls, zeros);
        }
        if (counts != null) {
          counts.write(cls, new float[1]);
        }
      }
    }
  }
}
