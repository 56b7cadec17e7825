package ffc.pfc;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
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
    long[] fresh = new long[16];
    int n = 0;
    for (int column = 0; column < sampled.count(); column++) {
      if (initialised.add(sampled.at(column))) {
        if (n == fresh.length) {
          fresh = Arrays.copyOf(fresh, 2 * n);
        }
        fresh[n++] = sampled.at(column);
      }
    }
    long[] wanted = fresh;
    workers.run(
        n,
        (from, to) -> {
          float[] row = new float[dim];
          for (long i = from; i < to; i++) {
            InitialRows.fill(row, seed, wanted[(int) i], INITIAL);
            rows.write(wanted[(int) i], row);
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
        out ->
            workers.run(
                to - from,
                (begin, end) -> {
                  float[] row = new float[dim];
                  for (long i = begin; i < end; i++) {
                    rows.read(sampled.at(from + (int) i), row);
                    scale(row, 1 / norm(row));
                    out.put((int) i * dim, row, 0, dim);
                  }
                }));
  }

  /** The gradients of a step's rows, a block at a time. */
  @FunctionalInterface
  interface Gradients {
    /**
     * Gradients of a block of {@link #BLOCK} columns.
     *
     * @return d loss / d unit row, f32 [m, E]; not used any more when the next block is asked for
     */
    NDArray block(int block);
  }

  /**
   * One update, block by block: the gradients never exist as a whole.
   *
   * @param sampled classes of the step
   * @param gradients asked for each block once, in order; a block's before its rows move
   * @param step updates of the whole matrix, this one included
   */
  void update(SampledClasses sampled, Gradients gradients, double learningRate, long step) {
    if (dense) {
      prepare(SampledClasses.all(0, classes));
    }
    long done = 0;
    for (int first = 0; first < sampled.count(); first += BLOCK) {
      Block block =
          new Block(
              sampled,
              first,
              Math.min(sampled.count(), first + BLOCK),
              NativeBuffers.floats(gradients.block(first / BLOCK)),
              learningRate);
      if (dense) {
        // The rows before a block's first column belong to the block before it.
        long begin = done;
        long end = block.end == sampled.count() ? classes : sampled.at(block.end);
        workers.run(end - begin, (from, to) -> block.dense(begin + from, begin + to, step));
        done = end;
      } else {
        workers.run(block.end - first, (from, to) -> block.sparse((int) from, (int) to));
      }
    }
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

    /** Moves the sampled rows of [from, to), counted from the first column. */
    void sparse(int from, int to) {
      Row row = new Row();
      for (int i = from; i < to; i++) {
        row.move(sampled.at(first + i), gradients, i, learningRate, 0);
      }
    }

    /** Moves all rows of some classes. */
    void dense(long from, long to, long step) {
      Row row = new Row();
      int column = sampled.columnFrom(from);
      for (long cls = from; cls < to; cls++) {
        boolean hit = column < end && sampled.at(column) == cls;
        row.move(cls, gradients, hit ? column++ - first : -1, learningRate, step);
      }
    }
  }

  /** Working space of one thread: a row, its gradient and its state. */
  private final class Row {
    private final float[] row = new float[dim];
    private final float[] gradient = new float[dim];
    private final float[][] states = new float[state.length][dim];
    private final float[] count = new float[1];

    /**
     * @param gradients of a block
     * @param place of the row's gradient in it; -1 = zero
     * @param step updates of the row; 0 = the row counts by itself
     */
    void move(long cls, FloatBuffer gradients, int place, double learningRate, long step) {
      rows.read(cls, row);
      if (place >= 0) {
        gradients.get(place * dim, gradient, 0, dim);
        throughNormalisation(gradient, row);
      } else {
        Arrays.fill(gradient, 0);
      }
      for (int i = 0; i < states.length; i++) {
        state[i].read(cls, states[i]);
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

  /** Four independent sums: the order of additions is fixed, and the processor can overlap them. */
  private static float dot(float[] a, float[] b) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    int i = 0;
    for (; i + 3 < a.length; i += 4) {
      s0 += a[i] * b[i];
      s1 += a[i + 1] * b[i + 1];
      s2 += a[i + 2] * b[i + 2];
      s3 += a[i + 3] * b[i + 3];
    }
    for (; i < a.length; i++) {
      s0 += a[i] * b[i];
    }
    return s0 + s1 + (s2 + s3);
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
