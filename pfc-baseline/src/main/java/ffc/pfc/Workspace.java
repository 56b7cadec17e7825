package ffc.pfc;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * Arrays that a {@link SampledSoftmax} fills in every step. They are allocated once and last: freed
 * and allocated anew between arrays that stay, they would leave the native heap full of holes. What
 * the methods return are views, the caller's to close; the next call of the same method writes to
 * the same place.
 */
final class Workspace implements AutoCloseable {
  // B samples, E embedding, m classes of a block

  private final NDManager manager;
  private final long keptValues;
  private NDArray rows;
  private NDArray gradient;
  private NDArray spare;
  private NDArray kept;
  private long used;

  /**
   * @param keptBytes bound of what {@link #keep} gives out in a step
   */
  Workspace(NDManager manager, long keptBytes) {
    this.manager = manager.newSubManager();
    this.keptValues = keptBytes / 4;
  }

  /** Begins a step: what {@link #keep} gave out is free again. */
  void reuse() {
    used = 0;
  }

  /** For the rows of a block, f32 [m, E]. */
  NDArray rows(int m, int dim) {
    rows = large(rows, (long) ClassCenters.BLOCK * dim);
    return view(rows, 0, m, dim);
  }

  /** For the gradients of a block's rows, f32 [m, E]. */
  NDArray gradient(int m, int dim) {
    gradient = large(gradient, (long) ClassCenters.BLOCK * dim);
    return view(gradient, 0, m, dim);
  }

  /** For the exponentials of a block that is not kept, f32 [m, B]. */
  NDArray spare(int m, int samples) {
    spare = large(spare, (long) ClassCenters.BLOCK * samples);
    return view(spare, 0, m, samples);
  }

  /** For the exponentials of a block until the step ends, f32 [m, B]; null if no room is left. */
  NDArray keep(int m, int samples) {
    long values = (long) m * samples;
    if (used + values > keptValues) {
      return null;
    }
    // Memory that is never written to is never taken.
    kept = large(kept, keptValues);
    NDArray view = view(kept, used, m, samples);
    used += values;
    return view;
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
