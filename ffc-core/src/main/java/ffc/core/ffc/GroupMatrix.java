package ffc.core.ffc;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ffc.engine.Closer;
import ffc.engine.HostReads;
import ffc.engine.Upload;
import ffc.idgroup.DirectRows;
import ffc.idgroup.FloatRows;
import ffc.idgroup.Patch;
import ffc.idgroup.Rows;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The matrix of the group's first head as the engine sees it. On the CPU it is the group's own
 * rows, held once; on an accelerator a copy of them, to which only changed rows travel. Either way
 * the rows are the engine's memory, which the Java heap does not bound. A proposal is laid over the
 * matrix for the time of a call, so that no [K, E] array is ever made in a step.
 */
final class GroupMatrix implements AutoCloseable {
  // K slots, E embedding, n changed rows

  private static final int BLOCK = 8192;

  private final NDManager manager;
  private final NDArray rowsKE;
  private final Rows host;

  /** Whether both are the same memory. */
  private final boolean shared;

  /**
   * A zero matrix on the manager's device.
   *
   * @param capacity K
   * @param dim E
   */
  GroupMatrix(NDManager parent, int capacity, int dim) {
    this(parent, capacity, dim, parent.getDevice().isGpu());
  }

  /**
   * As {@link #GroupMatrix(NDManager, int, int)}.
   *
   * @param mirrored whether the host has rows of its own, as beside an accelerator
   */
  GroupMatrix(NDManager parent, int capacity, int dim, boolean mirrored) {
    this(parent, new Shape(capacity, dim), DataType.FLOAT32, null, mirrored);
  }

  /** A copy of host rows, of their precision, that follows them by {@link #apply}. */
  GroupMatrix(NDManager parent, Rows host) {
    this(
        parent,
        new Shape(host.count(), host.dim()),
        host.elementBytes() == Float.BYTES ? DataType.FLOAT32 : DataType.FLOAT64,
        host,
        true);
  }

  private GroupMatrix(NDManager parent, Shape shape, DataType type, Rows copied, boolean mirrored) {
    Rows.elements((int) shape.get(0), (int) shape.get(1));
    manager = parent.newSubManager();
    shared = !mirrored;
    try {
      rowsKE = manager.zeros(shape, type);
      NDScope.unregister(rowsKE);
      if (copied != null) {
        host = copied;
        reset();
      } else if (mirrored) {
        NDArray ownKE = manager.newSubManager(Device.cpu()).zeros(shape, type);
        NDScope.unregister(ownKE);
        host = rowsOn(ownKE);
      } else {
        host = rowsOn(rowsKE);
      }
    } catch (Throwable e) {
      Closer.of(manager).closeAfter(e);
      throw e;
    }
  }

  /** An array of the CPU as rows; block by block, because a buffer ends at 2 GiB. */
  private static DirectRows rowsOn(NDArray rowsKE) {
    int count = (int) rowsKE.getShape().get(0);
    List<FloatBuffer> blocks = new ArrayList<>();
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      for (int from = 0; from < count; from += BLOCK) {
        NDArray block = rowsKE.get(from + ":" + Math.min(count, from + BLOCK));
        blocks.add(block.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer());
      }
    }
    return new DirectRows(blocks, BLOCK, count, (int) rowsKE.getShape().get(1));
  }

  /**
   * The host's side of the matrix, for the group to keep its rows in; valid until this is closed.
   */
  Rows rows() {
    return host;
  }

  /** Precision of the rows. */
  DataType type() {
    return rowsKE.getDataType();
  }

  /** Overwrites all rows with the host's, for example after a checkpoint was loaded. */
  void reset() {
    if (shared) {
      return;
    }
    // Block by block: a second copy of a large group would be the peak of a run.
    for (int from = 0; from < host.count(); from += BLOCK) {
      int to = Math.min(host.count(), from + BLOCK);
      Rows block = host.create(to - from);
      for (int row = from; row < to; row++) {
        host.copyRow(row, block, row - from);
      }
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        rowsKE.set(new NDIndex(from + ":" + to), upload(block));
      }
    }
  }

  /** Overwrites the host's first rows with those of the device, where these have been trained. */
  void download(int count) {
    if (shared) {
      return;
    }
    for (int from = 0; from < count; from += BLOCK) {
      int to = Math.min(count, from + BLOCK);
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        FloatRows block =
            FloatRows.of(HostReads.floats(rowsKE.get(from + ":" + to)), to - from, host.dim());
        for (int row = from; row < to; row++) {
          block.copyRow(row - from, host, row);
        }
      }
    }
  }

  /** Takes over rows that the group has committed. */
  void apply(Patch patch) {
    if (patch.slots().length > 0 && !shared) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        rowsKE.set(new NDIndex("{}", Upload.to(manager, patch.slots())), upload(patch.rows()));
      }
    }
  }

  /**
   * Calls the head with the group as it would be with some rows changed, and restores it.
   *
   * @param columns number of leading slots that the head sees
   * @param head gets a view f [columns, E] that is valid during the call only; the group must not
   *     be read meanwhile
   */
  <T> T with(Patch patch, int columns, Function<NDArray, T> head) {
    if (patch.slots().length == 0) {
      return head.apply(view(columns));
    }
    NDIndex changed = new NDIndex("{}", Upload.to(manager, patch.slots()));
    NDArray before = rowsKE.get(changed);
    rowsKE.set(changed, upload(patch.rows()));
    try {
      return head.apply(view(columns));
    } finally {
      rowsKE.set(changed, before);
    }
  }

  /** The first rows of the matrix, f [columns, E], to be read or changed in place. */
  NDArray view(int columns) {
    return columns == rowsKE.getShape().get(0) ? rowsKE : rowsKE.get("0:" + columns);
  }

  /** Rows of the host on the device. */
  private NDArray upload(Rows rows) {
    Shape shape = new Shape(rows.count(), rows.dim());
    ByteBuffer values = manager.allocateDirect(Math.toIntExact(shape.size() * rows.elementBytes()));
    for (int row = 0; row < rows.count(); row++) {
      rows.write(row, values);
    }
    return Upload.to(manager, values.flip(), shape, type());
  }

  @Override
  public void close() {
    try (manager) {
      if (host instanceof DirectRows direct) {
        direct.release(); // before the memory is gone
      }
    }
  }
}
