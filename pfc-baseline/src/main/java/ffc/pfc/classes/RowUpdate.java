package ffc.pfc.classes;

import ai.djl.ndarray.NDScope;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * The update of {@link HostRows} by the gradients of a step, led through their normalisation. Owns
 * nothing.
 */
final class RowUpdate {
  private final ClassRange range;
  private final int dim;
  private final RowTable rows;
  private final RowTable[] state;
  private final RowTable counts;
  private final RowRule rule;
  private final boolean dense;
  private final RowWorkers workers;

  /**
   * @param counts updates of each row, or null if the rule counts none
   * @param dense whether rows that were not sampled move too
   */
  RowUpdate(
      ClassRange range,
      int dim,
      RowTable rows,
      RowTable[] state,
      RowTable counts,
      RowRule rule,
      boolean dense,
      RowWorkers workers) {
    this.range = range;
    this.dim = dim;
    this.rows = rows;
    this.state = state;
    this.counts = counts;
    this.rule = rule;
    this.dense = dense;
    this.workers = workers;
  }

  /** As {@link ClassCenters#update}, of rows that have values. */
  void run(
      SampledClasses sampled, ClassCenters.Gradients gradients, double learningRate, long step) {
    int size = sampled.block();
    int blocks = (sampled.count() + size - 1) / size;
    workers.each(
        blocks,
        (number, worker) -> {
          int first = number * size;
          int end = Math.min(sampled.count(), first + size);
          try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            FloatBuffer values = NativeBuffers.floats(gradients.block(number, worker));
            Block block = new Block(sampled, first, end, values, learningRate);
            if (dense) {
              // The rows before a block's first column belong to the block before it.
              block.dense(
                  first == 0 ? range.from() : sampled.at(first),
                  end == sampled.count() ? range.to() : sampled.at(end),
                  step);
            } else {
              block.sparse();
            }
          }
        });
    if (dense && blocks == 0) {
      Block none = new Block(sampled, 0, 0, null, learningRate);
      workers.run(
          range.size(), (from, to) -> none.dense(range.from() + from, range.from() + to, step));
    }
  }

  /** Columns [first, end) of an update with their gradients. */
  private final class Block {
    private final SampledClasses sampled;
    private final int first;
    private final int end;
    private final FloatBuffer gradients;
    private final double learningRate;

    Block(SampledClasses sampled, int first, int end, FloatBuffer gradients, double learningRate) {
      this.sampled = sampled;
      this.first = first;
      this.end = end;
      this.gradients = gradients;
      this.learningRate = learningRate;
    }

    /** Moves the sampled rows. */
    void sparse() {
      Row[] batch = new Row[HostRows.BATCH];
      Arrays.setAll(batch, i -> new Row());
      for (int begin = first; begin < end; begin += HostRows.BATCH) {
        int n = Math.min(HostRows.BATCH, end - begin);
        for (int i = 0; i < n; i++) {
          batch[i].read(sampled.at(begin + i));
        }
        for (int i = 0; i < n; i++) {
          batch[i].move(gradients, begin - first + i, learningRate, 0);
        }
      }
    }

    /** Moves all rows of some classes. */
    void dense(long from, long to, long step) {
      Row row = new Row();
      int column = sampled.columnFrom(from);
      for (long cls = from; cls < to; cls++) {
        boolean hit = column < end && sampled.at(column) == cls;
        row.read(cls);
        row.move(gradients, hit ? column++ - first : -1, learningRate, step);
      }
    }
  }

  /** A row on its way through an update, with its gradient and its state. */
  private final class Row {
    private final float[] row = new float[dim];
    private final float[] gradient = new float[dim];
    private final float[][] states = new float[state.length][dim];
    private final float[] count = new float[1];

    /** Its place in the tables. */
    private long at;

    void read(long cls) {
      at = cls - range.from();
      rows.read(at, row);
      for (int i = 0; i < states.length; i++) {
        state[i].read(at, states[i]);
      }
    }

    /**
     * @param gradients of a block
     * @param place of the row's gradient in it; -1 = zero
     * @param step updates of the row; 0 = the row counts by itself
     */
    void move(FloatBuffer gradients, int place, double learningRate, long step) {
      if (place >= 0) {
        gradients.get(place * dim, gradient, 0, dim);
        UnitRow.throughNormalisation(gradient, row);
      } else {
        Arrays.fill(gradient, 0);
      }
      long updates = step;
      if (counts != null && step == 0) {
        counts.read(at, count);
        count[0]++;
        counts.write(at, count);
        updates = (long) count[0];
      }
      rule.apply(row, gradient, states, updates, learningRate);
      rows.write(at, row);
      for (int i = 0; i < states.length; i++) {
        state[i].write(at, states[i]);
      }
    }
  }
}
