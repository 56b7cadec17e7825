package ffc.core.loss;

import ai.djl.ndarray.NDArray;
import ffc.engine.Upload;
import java.util.Arrays;
import java.util.List;

/**
 * How the margin of samples comes about. Most are a {@link Margin} for all samples alike; others
 * look at the samples' norms, their identities and the step, or at a few numbers that they remember
 * from step to step. A rule itself never changes: {@link MarginState} keeps its numbers, adds up
 * over slices, sides and trainers what samples contribute to them, and writes them into
 * checkpoints.
 */
public interface MarginRule {
  // B samples

  /**
   * What is known of samples beside their cosines.
   *
   * @param normB norms of the embeddings before normalisation, f [B], positive; constants to the
   *     gradient
   * @param ids identities, [B]
   * @param step steps completed before this one
   */
  @SuppressWarnings("ArrayRecordComponent") // one owner, read only
  record Samples(NDArray normB, long[] ids, long step) {
    /** Some of them, by row. */
    public Samples rows(long[] rows) {
      return new Samples(
          normB.get(Upload.to(normB.getManager(), rows)),
          Arrays.stream(rows).map(row -> ids[(int) row]).toArray(),
          step);
    }

    /** Those of the rows [from, to). */
    Samples range(int from, int to) {
      return from == 0 && to == ids.length
          ? this
          : new Samples(normB.get(from + ":" + to), Arrays.copyOfRange(ids, from, to), step);
    }
  }

  /**
   * The margin of samples, for one pass over them.
   *
   * @param state numbers remembered, as the last step left them; not modified
   */
  Margin of(Samples samples, double[] state);

  /** Whether the margin depends on more than cosines. */
  default boolean seesSamples() {
    return true;
  }

  /** Names of the numbers that are remembered, for reports and checkpoints; none by default. */
  default List<String> names() {
    return List.of();
  }

  /** The numbers before the first step, one a name. */
  default double[] initial() {
    return new double[0];
  }

  /**
   * What samples contribute to the numbers; added up over all samples of a step that get a margin,
   * each counted once.
   *
   * @param targetB cosines to the own class, f [B]; B at least 1
   * @return as many values whatever the samples
   */
  default double[] sums(NDArray targetB, Samples samples) {
    throw new IllegalStateException(this + " remembers nothing");
  }

  /**
   * The numbers after a step.
   *
   * @param state before it; not modified
   * @param sums over all its samples, those of other trainers included; at least one sample
   */
  default double[] next(double[] state, double[] sums) {
    throw new IllegalStateException(this + " remembers nothing");
  }
}
