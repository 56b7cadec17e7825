package ffc.pfc.classes;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The class centres W [C, E] of a trained classifier, or a contiguous range of them, and the
 * optimiser state of each row. Rows live on the host, outside of the Java heap, and move in place;
 * the device only ever sees the rows that a step samples, block by block. A row gets its initial
 * values, N(0, 0.01²) by seed and class alone, when it is first needed.
 *
 * <p>The logits take unit rows w/|w|; {@link #update} leads the gradient through that
 * normalisation. Memory and threads stay the creator's.
 */
public final class ClassCenters {
  // C classes, E embedding, n sampled classes, m classes of a block

  /** Standard deviation of initial values, as in the Partial FC papers. */
  static final double INITIAL = 0.01;

  /** Classes whose cosines are computed together: the block's arrays stay in the cache. */
  public static final int BLOCK = 2048;

  /** Rows read one after the other before they are used: their cache misses overlap. */
  static final int BATCH = 16;

  private static final int FRESH = 1 << 16;

  private final ClassRange range;
  private final int dim;
  private final long seed;
  private final boolean dense;
  private final RowWorkers workers;
  private final RowTable rows;
  private final RowTable[] state;
  private final RowTable counts;
  private final RowFlags initialised;
  private final RowUpdate rowUpdate;

  /**
   * @param range the classes to hold
   * @param dense whether rows that were not sampled move too: their momentum and weight decay
   */
  public ClassCenters(
      ClassRange range,
      int dim,
      long seed,
      RowRule rule,
      boolean dense,
      TableMemory memory,
      RowWorkers workers) {
    this.range = range;
    this.dim = dim;
    this.seed = seed;
    this.dense = dense;
    this.workers = workers;
    rows = new RowTable("classes", range.size(), dim, memory);
    state = new RowTable[rule.states()];
    for (int i = 0; i < state.length; i++) {
      state[i] = new RowTable("state" + i, range.size(), dim, memory);
    }
    counts = rule.counts() ? new RowTable("counts", range.size(), 1, memory) : null;
    initialised = new RowFlags(range.size());
    rowUpdate = new RowUpdate(range, dim, rows, state, counts, rule, dense, workers);
  }

  /** The classes that have their rows here. */
  public ClassRange range() {
    return range;
  }

  public int dim() {
    return dim;
  }

  /** State rows kept beside each row. */
  public int states() {
    return state.length;
  }

  /** Whether each row counts its own updates. */
  boolean countsUpdates() {
    return counts != null;
  }

  /** The place of a class in the tables. */
  private long place(long cls) {
    return cls - range.from();
  }

  /** Rows that have been given values. */
  public long initialisedRows() {
    return initialised.count();
  }

  /** Gives rows that are new their initial values. */
  public void prepare(SampledClasses sampled) {
    if (initialised.count() == range.size()) {
      return;
    }
    // A bounded list: an update of every row begins by preparing all of them.
    long[] fresh = new long[Math.min(sampled.count(), FRESH)];
    int n = 0;
    for (int column = 0; column < sampled.count(); column++) {
      if (initialised.add(place(sampled.at(column)))) {
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
            rows.write(place(fresh[(int) i]), row);
          }
        });
  }

  /** One row, for inspection; new rows get their initial values. */
  public float[] row(long cls) {
    prepare(SampledClasses.of(new long[] {cls}));
    float[] row = new float[dim];
    rows.read(place(cls), row);
    return row;
  }

  /** One row of optimiser state, for inspection. */
  public float[] state(int index, long cls) {
    float[] row = new float[dim];
    state[index].read(place(cls), row);
    return row;
  }

  /** Overwrites one row. */
  public void set(long cls, float[] row) {
    initialised.add(place(cls));
    rows.write(place(cls), row);
  }

  /**
   * Unit rows of a block of columns, prepared before.
   *
   * @return f32 [to - from, E]; owned by the manager
   */
  public NDArray unit(SampledClasses sampled, int from, int to, NDManager manager) {
    NDArray unitME = manager.create(new Shape(to - from, dim), DataType.FLOAT32);
    unit(sampled, from, to, unitME);
    return unitME;
  }

  /**
   * As {@link #unit(SampledClasses, int, int, NDManager)}, into an array that is there.
   *
   * @param unitME f32 [to - from, E], contiguous; overwritten
   */
  public void unit(SampledClasses sampled, int from, int to, NDArray unitME) {
    NativeBuffers.fill(
        unitME,
        out -> {
          float[][] batch = new float[BATCH][dim];
          for (int begin = from; begin < to; begin += BATCH) {
            int n = Math.min(BATCH, to - begin);
            for (int i = 0; i < n; i++) {
              rows.read(place(sampled.at(begin + i)), batch[i]);
            }
            for (int i = 0; i < n; i++) {
              UnitRow.scale(batch[i], 1 / UnitRow.norm(batch[i]));
              out.put((begin - from + i) * dim, batch[i], 0, dim);
            }
          }
        });
  }

  /** The gradients of a step's rows, a block at a time. */
  @FunctionalInterface
  public interface Gradients {
    /**
     * Gradients of a block of columns ({@link SampledClasses#block}); several threads ask at a
     * time.
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
  public void update(SampledClasses sampled, Gradients gradients, double learningRate, long step) {
    if (dense) {
      prepare(SampledClasses.all(range.from(), range.to()));
    }
    rowUpdate.run(sampled, gradients, learningRate, step);
  }

  public RowFlags initialised() {
    return initialised;
  }

  /** Bytes of a row with its state in a stream. */
  long rowBytes() {
    return 4L * dim * (1 + state.length) + (counts == null ? 0 : 4);
  }

  /** Writes all rows that have values with their state, ascending, little-endian. */
  void saveRows(DataOutputStream out) throws IOException {
    byte[] scratch = new byte[4 * dim];
    for (long row = 0; row < range.size(); row++) {
      if (initialised.get(row)) {
        for (RowTable table : tables()) {
          table.save(row, out, scratch);
        }
      }
    }
  }

  /**
   * Reads what {@link #saveRows} wrote; all else is forgotten.
   *
   * @param withValues the rows that have values: those that follow in the stream
   */
  void loadRows(DataInputStream in, RowFlags withValues) throws IOException {
    byte[] scratch = new byte[4 * dim];
    float[] zeros = new float[dim];
    for (long row = 0; row < range.size(); row++) {
      if (withValues.get(row)) {
        for (RowTable table : tables()) {
          table.load(row, in, scratch);
        }
      } else if (initialised.get(row)) {
        // It gets its initial values anew, and state is zero then.
        for (RowTable table : tables()) {
          table.write(row, zeros);
        }
      }
    }
    initialised.set(withValues);
  }

  /** Row, states, count of updates: what there is of a class, in the order of a stream. */
  private List<RowTable> tables() {
    List<RowTable> all = new ArrayList<>();
    all.add(rows);
    all.addAll(Arrays.asList(state));
    if (counts != null) {
      all.add(counts);
    }
    return all;
  }
}
