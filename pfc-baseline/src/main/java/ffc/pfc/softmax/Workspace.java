package ffc.pfc.softmax;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ffc.pfc.classes.ClassCenters;

/**
 * Arrays that a {@link SampledSoftmax} fills in every step, some by several threads at a time. They
 * are allocated once and last: freed and allocated anew between arrays that stay, they would leave
 * the native heap full of holes. What the methods return are views, the caller's to close; the next
 * call of the same method writes to the same place.
 */
public final class Workspace implements AutoCloseable {
  // B samples, E embedding, m classes of a block

  private final NDManager manager;
  private final long keptValues;
  private final NDArray[] rows;
  private final NDArray[] spare;
  private NDArray kept;
  private long used;

  /**
   * @param keptBytes bound of what {@link #room} gives out in a step
   * @param workers threads that fill arrays at a time
   */
  public Workspace(NDManager manager, long keptBytes, int workers) {
    this.manager = manager.newSubManager();
    this.keptValues = keptBytes / 4;
    this.rows = new NDArray[workers];
    this.spare = new NDArray[workers];
  }

  /** Begins a step: what {@link #room} gave out is free again. */
  public void reuse() {
    used = 0;
  }

  /** For the rows of a block, f32 [m, E]; one a worker. */
  public NDArray rows(int worker, int m, int dim) {
    rows[worker] = large(rows[worker], (long) ClassCenters.BLOCK * dim);
    return view(rows[worker], 0, m, dim);
  }

  /** For the exponentials of a block that is not kept, f32 [m, B]; one a worker. */
  public NDArray spare(int worker, int m, int samples) {
    spare[worker] = large(spare[worker], (long) ClassCenters.BLOCK * samples);
    return view(spare[worker], 0, m, samples);
  }

  /**
   * Room for the exponentials of some blocks until the step ends; called by one thread.
   *
   * @param values of all blocks, one after the other
   * @return room for these values or the first of them
   */
  public Room room(long values) {
    // Memory that is never written to is never taken.
    kept = large(kept, keptValues);
    Room room = new Room(used, Math.min(keptValues, used + values));
    used = room.end;
    return room;
  }

  /** A part of what is kept until the step ends. */
  public final class Room {
    private final long begin;
    private final long end;

    private Room(long begin, long end) {
      this.begin = begin;
      this.end = end;
    }

    /** Some of its values, f32 [m, B], from the given one on; null if they are beyond its end. */
    public NDArray keep(long from, int m, int samples) {
      return begin + from + (long) m * samples > end ? null : view(kept, begin + from, m, samples);
    }
  }

  private NDArray large(NDArray array, long values) {
    if (array != null && array.size() >= values) {
      return array;
    }
    if (array != null) {
      array.close();
    }
    NDArray larger = manager.create(new Shape(values), DataType.FLOAT32);
    NDScope.unregister(larger);
    return larger;
  }

  private static NDArray view(NDArray array, long from, int rows, int columns) {
    return array.get(from + ":" + (from + (long) rows * columns)).reshape(rows, columns);
  }

  @Override
  public void close() {
    manager.close();
  }
}
