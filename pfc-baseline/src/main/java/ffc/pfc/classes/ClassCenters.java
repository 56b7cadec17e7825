package ffc.pfc.classes;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;

/**
 * The class centres W [C, E] of a trained classifier, or a contiguous range of them, and the
 * optimiser state of each row. Rows lie outside of the Java heap and move in place, either on the
 * host, where the device only ever sees what a step samples, or on the device. A row gets its
 * initial values, N(0, 0.01²) by seed and class alone, when it is first needed.
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

  private static final int FRESH = 1 << 16;

  private final ClassRange range;
  private final int dim;
  private final long seed;
  private final RowRule rule;
  private final boolean dense;
  private final RowFlags initialised;
  private final RowStore store;

  /**
   * Rows on the host.
   *
   * @param range the classes to hold
   * @param dense whether rows that were not sampled move too: their momentum and weight decay
   * @param memory for the rows; stays the caller's, as the workers do
   */
  public ClassCenters(
      ClassRange range,
      int dim,
      long seed,
      RowRule rule,
      boolean dense,
      TableMemory memory,
      RowWorkers workers) {
    this(range, dim, seed, rule, dense, new HostRows(range, dim, rule, dense, memory, workers));
  }

  /**
   * Rows on a device.
   *
   * @param device owns the rows
   */
  public ClassCenters(
      ClassRange range, int dim, long seed, RowRule rule, boolean dense, NDManager device) {
    this(range, dim, seed, rule, dense, new DeviceRows(range, dim, rule, dense, device));
  }

  private ClassCenters(
      ClassRange range, int dim, long seed, RowRule rule, boolean dense, RowStore store) {
    this.range = range;
    this.dim = dim;
    this.seed = seed;
    this.rule = rule;
    this.dense = dense;
    this.store = store;
    initialised = new RowFlags(range.size());
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
    return rule.states();
  }

  /** Whether each row counts its own updates. */
  boolean countsUpdates() {
    return rule.counts();
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
    long[] places = new long[n];
    Arrays.setAll(places, i -> place(fresh[i]));
    store.write(places, n, (i, row) -> InitialRows.fill(row, seed, fresh[i], INITIAL));
  }

  /** One row, for inspection; new rows get their initial values. */
  public float[] row(long cls) {
    prepare(SampledClasses.of(new long[] {cls}));
    return store.row(place(cls));
  }

  /** One row of optimiser state, for inspection. */
  public float[] state(int index, long cls) {
    return store.state(index, place(cls));
  }

  /** Overwrites one row. */
  public void set(long cls, float[] row) {
    initialised.add(place(cls));
    store.write(new long[] {place(cls)}, 1, (i, into) -> System.arraycopy(row, 0, into, 0, dim));
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
    store.unit(sampled, from, to, unitME);
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
    store.update(sampled, gradients, learningRate, step);
  }

  /**
   * Rows' worth of arrays that an update of rows on a device has at once, beside the rows.
   *
   * @param share classes here
   */
  public static long updateRows(boolean dense, long share) {
    return DeviceRows.ARRAYS * Math.min(dense ? DeviceRows.CHUNK : BLOCK, share);
  }

  public RowFlags initialised() {
    return initialised;
  }

  /** Bytes of a row with its state in a stream. */
  long rowBytes() {
    return 4L * dim * (1 + states()) + (countsUpdates() ? 4 : 0);
  }

  /** Writes all rows that have values with their state, ascending, little-endian. */
  void saveRows(DataOutputStream out) throws IOException {
    store.save(initialised, out);
  }

  /**
   * Reads what {@link #saveRows} wrote; all else is forgotten.
   *
   * @param withValues the rows that have values: those that follow in the stream
   */
  void loadRows(DataInputStream in, RowFlags withValues) throws IOException {
    store.load(withValues, initialised, in);
    initialised.set(withValues);
  }
}
