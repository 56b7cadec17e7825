package ffc.core;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ffc.idgroup.DoubleRows;
import ffc.idgroup.FloatRows;
import ffc.idgroup.Patch;
import ffc.idgroup.Rows;
import java.util.function.Function;

/**
 * Copy of the group's first head on the device. Only changed rows travel; a proposal is laid over
 * the matrix for the time of a call, so that the [K, E] matrix is never copied.
 */
final class GroupMirror implements AutoCloseable {
  // K slots, E embedding, n changed rows

  private static final int BLOCK = 8192;

  private final NDManager manager;
  private final NDArray rowsKE;

  GroupMirror(NDManager parent, Rows rows) {
    manager = parent.newSubManager();
    DataType type = rows instanceof FloatRows ? DataType.FLOAT32 : DataType.FLOAT64;
    rowsKE = manager.create(new Shape(rows.count(), rows.dim()), type);
    NDScope.unregister(rowsKE);
    reset(rows);
  }

  /** Overwrites all rows, for example after a checkpoint was loaded. */
  void reset(Rows rows) {
    // Block by block: a second copy of a large group would be the peak of a run.
    for (int from = 0; from < rows.count(); from += BLOCK) {
      int to = Math.min(rows.count(), from + BLOCK);
      Rows block = rows.create(to - from);
      for (int row = from; row < to; row++) {
        rows.copyRow(row, block, row - from);
      }
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        rowsKE.set(new NDIndex(from + ":" + to), upload(manager, block));
      }
    }
  }

  /** Writes committed rows. */
  void apply(Patch patch) {
    if (patch.slots().length > 0) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        rowsKE.set(
            new NDIndex("{}", manager.create(toLong(patch.slots()))),
            upload(manager, patch.rows()));
      }
    }
  }

  /**
   * Calls the head with the group as it would be with some rows changed, and restores it.
   *
   * @param columns number of leading slots that the head sees
   * @param head gets a view f [columns, E] that is valid during the call only
   */
  <T> T with(Patch patch, int columns, Function<NDArray, T> head) {
    if (patch.slots().length == 0) {
      return head.apply(view(columns));
    }
    NDIndex changed = new NDIndex("{}", manager.create(toLong(patch.slots())));
    NDArray before = rowsKE.get(changed);
    rowsKE.set(changed, upload(manager, patch.rows()));
    T result = head.apply(view(columns));
    rowsKE.set(changed, before);
    return result;
  }

  private NDArray view(int columns) {
    return columns == rowsKE.getShape().get(0) ? rowsKE : rowsKE.get("0:" + columns);
  }

  /** A host matrix on the device, in its own precision. */
  static NDArray upload(NDManager manager, Rows rows) {
    Shape shape = new Shape(rows.count(), rows.dim());
    if (rows instanceof FloatRows f) {
      return manager.create(f.values(), shape);
    }
    return manager.create(((DoubleRows) rows).values(), shape);
  }

  private static long[] toLong(int[] values) {
    long[] longs = new long[values.length];
    for (int i = 0; i < values.length; i++) {
      longs[i] = values[i];
    }
    return longs;
  }

  @Override
  public void close() {
    manager.close();
  }
}
