package ffc.core;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;

/**
 * The running statistics of batch norm as they were before a step, so that a step that is dropped
 * leaves none of its values behind: one NaN would stay in a running mean for ever.
 */
final class RunningStatistics {
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
  static RunningStatistics keep(boolean mayDrop, Encoder probe, Encoder gallery) {
    RunningStatistics statistics = new RunningStatistics();
    if (mayDrop) {
      statistics.live.addAll(probe.parameters().bufferList());
      if (gallery != null) {
        statistics.live.addAll(gallery.parameters().bufferList());
      }
      statistics.live.forEach(array -> statistics.kept.add(array.duplicate()));
    }
    return statistics;
  }

  /** Puts the copies back. */
  void restore() {
    for (int i = 0; i < kept.size(); i++) {
      NDArray array = live.get(i);
      array.set(ALL, kept.get(i));
    }
  }
}
