package ffc.pfc.classes;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ffc.engine.HostReads;
import ffc.engine.NativeOps;
import ffc.engine.Upload;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Rows in arrays of the engine on a device, where the networks are: what a step samples is gathered
 * and moved there. Only a row's count of updates stays on the host. Sums run in the device's order,
 * so that values differ from those of {@link HostRows} by rounding.
 */
final class DeviceRows implements RowStore {
  // C rows, E embedding, m rows of a block

  /** Rows that are moved or copied together. */
  static final int CHUNK = 4 * ClassCenters.BLOCK;

  /** Arrays of so many rows that an update has at once: with AdamW, which has most. */
  static final long ARRAYS = 13;

  private final ClassRange range;
  private final int dim;
  private final RowRule rule;
  private final boolean dense;
  private final NDManager manager;
  private final NDArray rowsCE;
  private final NDArray[] stateCE;
  private final float[] counts;

  /**
   * Zeros on the manager's device.
   *
   * @param manager owns the rows
   */
  DeviceRows(ClassRange range, int dim, RowRule rule, boolean dense, NDManager manager) {
    this.range = range;
    this.dim = dim;
    this.rule = rule;
    this.dense = dense;
    this.manager = manager;
    rowsCE = zeros();
    stateCE = new NDArray[rule.states()];
    Arrays.setAll(stateCE, i -> zeros());
    counts = rule.counts() ? new float[Math.toIntExact(range.size())] : null;
  }

  private NDArray zeros() {
    NDArray array = manager.zeros(new Shape(range.size(), dim), DataType.FLOAT32);
    NDScope.unregister(array);
    return array;
  }

  /** Work whose arrays go with it. */
  private static void passing(Runnable work) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      work.run();
    }
  }

  @Override
  public void write(long[] places, int n, Filler values) {
    for (int from = 0; from < n; from += CHUNK) {
      int first = from;
      int count = Math.min(CHUNK, n - from);
      float[] chunk = new float[count * dim];
      float[] row = new float[dim];
      for (int i = 0; i < count; i++) {
        values.fill(first + i, row);
        System.arraycopy(row, 0, chunk, i * dim, dim);
      }
      passing(
          () ->
              NativeOps.putRows(
                  rowsCE,
                  Upload.to(manager, Arrays.copyOfRange(places, first, first + count)),
                  Upload.to(manager, chunk, new Shape(count, dim))));
    }
  }

  @Override
  public float[] row(long place) {
    return one(rowsCE, place);
  }

  @Override
  public float[] state(int index, long place) {
    return one(stateCE[index], place);
  }

  private static float[] one(NDArray tableCE, long place) {
    try (NDArray row = tableCE.get(place)) {
      return HostReads.floats(row);
    }
  }

  @Override
  public void unit(SampledClasses sampled, int from, int to, NDArray unitME) {
    passing(
        () -> {
          NDArray rowsME = Selection.of(sampled, from, to, range, manager).from(rowsCE);
          NativeOps.copy(rowsME.div(normM1(rowsME)), unitME);
        });
  }

  /** Lengths of rows, as {@link UnitRow#norm}. */
  private static NDArray normM1(NDArray rowsME) {
    return rowsME.square().sum(new int[] {1}, true).sqrt().maximum(1e-12f);
  }

  /**
   * Some rows of the tables.
   *
   * @param places of the rows, i64 [m]; null for the contiguous ones of the slice
   */
  private record Selection(NDArray places, NDIndex slice) {

    static Selection of(
        SampledClasses sampled, int from, int to, ClassRange range, NDManager manager) {
      if (sampled.contiguous()) {
        long first = sampled.at(from) - range.from();
        return slice(first, first + to - from);
      }
      long[] places = new long[to - from];
      Arrays.setAll(places, i -> sampled.at(from + i) - range.from());
      return new Selection(Upload.to(manager, places), null);
    }

    static Selection slice(long from, long to) {
      return new Selection(null, new NDIndex(from + ":" + to));
    }

    /** The rows: a copy, or of a slice the table's own memory. */
    NDArray from(NDArray tableCE) {
      return places == null ? tableCE.get(slice) : tableCE.get(places);
    }

    /** Writes rows back that {@link #from} gave. */
    void back(NDArray tableCE, NDArray rowsME) {
      if (places != null) {
        NativeOps.putRows(tableCE, places, rowsME);
      }
    }
  }

  @Override
  public void update(
      SampledClasses sampled, ClassCenters.Gradients gradients, double learningRate, long step) {
    int size = sampled.block();
    for (int first = 0; first < sampled.count(); first += size) {
      int from = first;
      int end = Math.min(sampled.count(), first + size);
      passing(
          () -> {
            NDArray gradientME = gradients.block(from / size, 0);
            if (dense) {
              // The rows before a block's first column belong to the block before it.
              dense(
                  sampled,
                  from,
                  gradientME,
                  from == 0 ? range.from() : sampled.at(from),
                  end == sampled.count() ? range.to() : sampled.at(end),
                  learningRate,
                  step);
            } else {
              sparse(sampled, from, end, gradientME, learningRate);
            }
          });
    }
    if (dense && sampled.count() == 0) {
      dense(sampled, 0, null, range.from(), range.to(), learningRate, step);
    }
  }

  private void sparse(
      SampledClasses sampled, int from, int to, NDArray gradientME, double learningRate) {
    long[] updates = new long[to - from];
    if (counts != null) {
      for (int i = 0; i < updates.length; i++) {
        updates[i] = (long) ++counts[(int) (sampled.at(from + i) - range.from())];
      }
    }
    move(
        Selection.of(sampled, from, to, range, manager),
        rowsME -> gradientME,
        updates,
        learningRate);
  }

  /**
   * Moves all rows of some classes.
   *
   * @param first column of the gradients' first row
   * @param gradientME null if none of the classes is sampled
   */
  private void dense(
      SampledClasses sampled,
      int first,
      NDArray gradientME,
      long fromClass,
      long toClass,
      double learningRate,
      long step) {
    for (long begin = fromClass; begin < toClass; begin += CHUNK) {
      long from = begin;
      long to = Math.min(toClass, begin + CHUNK);
      int column = sampled.columnFrom(from);
      int end = sampled.columnFrom(to);
      long[] updates = new long[(int) (to - from)];
      Arrays.fill(updates, step);
      passing(
          () ->
              move(
                  Selection.slice(from - range.from(), to - range.from()),
                  rowsME -> {
                    NDArray allME = rowsME.zerosLike();
                    if (end > column) {
                      long[] hit = new long[end - column];
                      Arrays.setAll(hit, i -> sampled.at(column + i) - from);
                      NativeOps.putRows(
                          allME,
                          Upload.to(manager, hit),
                          gradientME.get(column - first + ":" + (end - first)));
                    }
                    return allME;
                  },
                  updates,
                  learningRate));
    }
  }

  /** D loss / d unit row for rows, f32 [m, E]. */
  private interface Gradient {
    NDArray of(NDArray rowsME);
  }

  private void move(Selection some, Gradient gradient, long[] updates, double learningRate) {
    NDArray rowsME = some.from(rowsCE);
    NDArray[] statesME = Arrays.stream(stateCE).map(some::from).toArray(NDArray[]::new);
    NDArray gradientME = throughNormalisation(gradient.of(rowsME), rowsME);
    rule.apply(rowsME, gradientME, statesME, updates, learningRate);
    some.back(rowsCE, rowsME);
    for (int i = 0; i < statesME.length; i++) {
      some.back(stateCE[i], statesME[i]);
    }
  }

  /** As {@link UnitRow#throughNormalisation}, of many rows; a new array. */
  private static NDArray throughNormalisation(NDArray gradientME, NDArray rowsME) {
    NDArray normM1 = normM1(rowsME);
    NDArray alongM1 = gradientME.mul(rowsME).sum(new int[] {1}, true).divi(normM1.square());
    return gradientME.sub(rowsME.mul(alongM1)).divi(normM1);
  }

  @Override
  public void save(RowFlags named, DataOutputStream out) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(4 * dim * (1 + stateCE.length) + 4).order(ByteOrder.LITTLE_ENDIAN);
    for (long from = 0; from < range.size(); from += CHUNK) {
      long to = Math.min(range.size(), from + CHUNK);
      float[][] tables = new float[1 + stateCE.length][];
      for (int table = 0; table < tables.length; table++) {
        NDArray all = table == 0 ? rowsCE : stateCE[table - 1];
        try (NDArray part = all.get(from + ":" + to)) {
          tables[table] = HostReads.floats(part);
        }
      }
      for (long row = from; row < to; row++) {
        if (named.get(row)) {
          bytes.clear();
          for (float[] table : tables) {
            bytes.asFloatBuffer().put(table, (int) (row - from) * dim, dim);
            bytes.position(bytes.position() + 4 * dim);
          }
          if (counts != null) {
            bytes.putFloat(counts[(int) row]);
          }
          out.write(bytes.array(), 0, bytes.position());
        }
      }
    }
  }

  @Override
  public void load(RowFlags named, RowFlags before, DataInputStream in) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4 * dim).order(ByteOrder.LITTLE_ENDIAN);
    for (long begin = 0; begin < range.size(); begin += CHUNK) {
      long from = begin;
      long to = Math.min(range.size(), from + CHUNK);
      float[][] tables = new float[1 + stateCE.length][(int) (to - from) * dim];
      for (long row = from; row < to; row++) {
        if (named.get(row)) {
          for (float[] table : tables) {
            in.readFully(bytes.array());
            bytes.asFloatBuffer().get(table, (int) (row - from) * dim, dim);
          }
        }
        if (counts != null) {
          counts[(int) row] = named.get(row) ? count(in, bytes) : 0;
        }
      }
      for (int table = 0; table < tables.length; table++) {
        NDArray all = table == 0 ? rowsCE : stateCE[table - 1];
        float[] values = tables[table];
        passing(
            () ->
                NativeOps.copy(
                    Upload.to(manager, values, new Shape(to - from, dim)),
                    all.get(from + ":" + to)));
      }
    }
  }

  private static float count(DataInputStream in, ByteBuffer scratch) throws IOException {
    in.readFully(scratch.array(), 0, 4);
    return scratch.getFloat(0);
  }
}
