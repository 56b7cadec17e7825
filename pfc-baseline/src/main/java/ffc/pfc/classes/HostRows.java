package ffc.pfc.classes;

import ai.djl.ndarray.NDArray;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Rows in tables of the host: the device only sees those that a step samples, block by block. */
final class HostRows implements RowStore {
  /** Rows read one after the other before they are used: their cache misses overlap. */
  static final int BATCH = 16;

  private final ClassRange range;
  private final int dim;
  private final RowWorkers workers;
  private final RowTable rows;
  private final RowTable[] state;
  private final RowTable counts;
  private final RowUpdate rowUpdate;

  /** Zeros; memory and threads stay the creator's. */
  HostRows(
      ClassRange range,
      int dim,
      RowRule rule,
      boolean dense,
      TableMemory memory,
      RowWorkers workers) {
    this.range = range;
    this.dim = dim;
    this.workers = workers;
    rows = new RowTable("classes", range.size(), dim, memory);
    state = new RowTable[rule.states()];
    for (int i = 0; i < state.length; i++) {
      state[i] = new RowTable("state" + i, range.size(), dim, memory);
    }
    counts = rule.counts() ? new RowTable("counts", range.size(), 1, memory) : null;
    rowUpdate = new RowUpdate(range, dim, rows, state, counts, rule, dense, workers);
  }

  @Override
  public void write(long[] places, int n, Filler values) {
    workers.run(
        n,
        (from, to) -> {
          float[] row = new float[dim];
          for (long i = from; i < to; i++) {
            values.fill((int) i, row);
            rows.write(places[(int) i], row);
          }
        });
  }

  @Override
  public float[] row(long place) {
    float[] row = new float[dim];
    rows.read(place, row);
    return row;
  }

  @Override
  public float[] state(int index, long place) {
    float[] row = new float[dim];
    state[index].read(place, row);
    return row;
  }

  @Override
  public void unit(SampledClasses sampled, int from, int to, NDArray unitME) {
    NativeBuffers.fill(
        unitME,
        out -> {
          float[][] batch = new float[BATCH][dim];
          for (int begin = from; begin < to; begin += BATCH) {
            int n = Math.min(BATCH, to - begin);
            for (int i = 0; i < n; i++) {
              rows.read(sampled.at(begin + i) - range.from(), batch[i]);
            }
            for (int i = 0; i < n; i++) {
              UnitRow.scale(batch[i], 1 / UnitRow.norm(batch[i]));
              out.put((begin - from + i) * dim, batch[i], 0, dim);
            }
          }
        });
  }

  @Override
  public void update(
      SampledClasses sampled, ClassCenters.Gradients gradients, double learningRate, long step) {
    rowUpdate.run(sampled, gradients, learningRate, step);
  }

  @Override
  public void save(RowFlags named, DataOutputStream out) throws IOException {
    byte[] scratch = new byte[4 * dim];
    for (long row = 0; row < range.size(); row++) {
      if (named.get(row)) {
        for (RowTable table : tables()) {
          table.save(row, out, scratch);
        }
      }
    }
  }

  @Override
  public void load(RowFlags named, RowFlags before, DataInputStream in) throws IOException {
    byte[] scratch = new byte[4 * dim];
    float[] zeros = new float[dim];
    for (long row = 0; row < range.size(); row++) {
      if (named.get(row)) {
        for (RowTable table : tables()) {
          table.load(row, in, scratch);
        }
      } else if (before.get(row)) {
        for (RowTable table : tables()) {
          table.write(row, zeros);
        }
      }
    }
  }

  /** Row, states, count of updates: what there is of a class, in the order of a stream. */
  private List<RowTable> tables() {
    List<RowTable> all = new ArrayList<>();
    all.add(rows);
    all.addAll(Arrays.asList(state));
    if (counts != null) {
      all.add(counts);
    }
    return all;
  }
}
