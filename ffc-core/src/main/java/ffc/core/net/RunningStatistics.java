package ffc.core.net;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;

/**
 * Arrays as they were before a step, the running statistics of batch norm first of all, so that a
 * step that is dropped leaves none of its values behind: one NaN would stay in a running mean for
 * ever.
 */
public final class RunningStatistics {
  private static final NDIndex ALL = new NDIndex(":");

  private final NDList live = new NDList();
  private final NDList kept = new NDList();

  private RunningStatistics() {}

  /**
   * Copies the statistics if a step may be dropped; the copies belong to the step's scope.
   *
   * @param mayDrop whether {@link #restore} may be called
   * @param gallery may be null
   */
  public static RunningStatistics keep(boolean mayDrop, Encoder probe, Encoder gallery) {
    NDList arrays = new NDList();
    if (mayDrop) {
      arrays.addAll(probe.parameters().bufferList());
      if (gallery != null) {
        arrays.addAll(gallery.parameters().bufferList());
      }
    }
    return keep(arrays);
  }

  /** Copies arrays, off the heap; the copies belong to the scope of the moment. */
  public static RunningStatistics keep(NDList arrays) {
    RunningStatistics statistics = new RunningStatistics();
    statistics.live.addAll(arrays);
    statistics.live.forEach(array -> statistics.kept.add(array.duplicate()));
    return statistics;
  }

  /** Puts the copies back. */
  public void restore() {
    for (int i = 0; i < kept.size(); i++) {
      NDArray array = live.get(i);
      array.set(ALL, kept.get(i));
    }
  }
}
