package ffc.exchange.hazelcast;

import ffc.exchange.Contribution;
import ffc.exchange.EpochEndedException;
import ffc.exchange.GlobalBatch;
import ffc.exchange.GroupExchange;
import ffc.exchange.Replica;
import ffc.exchange.Side;
import ffc.idgroup.FloatRows;
import ffc.idgroup.IdGroup;
import ffc.idgroup.Weighted;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.function.LongConsumer;

/**
 * A trainer without networks: features and gradients are drawn from the sample's number, so that
 * any number of trainers can be compared with one. Keeps count of the samples that committed steps
 * have covered.
 */
final class SimulatedTrainer implements Replica {
  /** Shape of the work. */
  record Work(int capacity, int dim, int pairs, int samples, int parameters) {
    static final Work SMALL = new Work(60, 8, 6, 500, 1000);
  }

  private static final int FEATURES = 1021;

  final Work work;
  private long step;
  private long cursor;

  /** Whether this trainer has nothing left to do. */
  boolean through;

  private IdGroup group;
  private final StepTimes exchangeTimes = new StepTimes();

  /** Unit rows that samples take their features from. */
  private final float[][] features;

  private final float[] parameters;
  private final int[] covered;

  /**
   * @param fresh whether to begin at step 0; otherwise a state must be loaded
   */
  SimulatedTrainer(Work work, boolean fresh) {
    this.work = work;
    step = fresh ? 0 : -1;
    group = new IdGroup(work.capacity(), work.dim(), new Weighted(0.5));
    parameters = new float[work.parameters()];
    covered = new int[work.samples()];
    features = new float[FEATURES][work.dim()];
    Random random = new Random(1);
    for (float[] row : features) {
      double squares = 0;
      for (int i = 0; i < row.length; i++) {
        row[i] = random.nextFloat() - 0.5f;
        squares += row[i] * row[i];
      }
      for (int i = 0; i < row.length; i++) {
        row[i] /= (float) Math.sqrt(squares);
      }
    }
  }

  StepTimes exchangeTimes() {
    return exchangeTimes;
  }

  /** One step; the state changes after the last exchange only. */
  void step(GroupExchange exchange) {
    exchange.beginStep(step);
    int world = exchange.trainers();
    int pairs = work.pairs();
    long first = cursor + (long) exchange.rank() * pairs;
    Contribution mine = new Contribution(pairs, side(first, 0), side(first, 1));
    long start = System.nanoTime();
    GlobalBatch batch = exchange.exchange(step, mine);
    exchangeTimes.add(System.nanoTime() - start);
    float[] gradient = new float[parameters.length];
    for (long sample = first; sample < first + pairs; sample++) {
      for (int i = 0; i < gradient.length; i++) {
        // Small whole numbers add up exactly in any order.
        gradient[i] += (sample * 31 + i) % 17 - 8;
      }
    }
    exchange.allReduceSum(gradient, GroupExchange.Wire.gradients);
    group.propose(batch.y().ids(), batch.y().features());
    group.commit(group.propose(batch.x().ids(), batch.x().features()));
    for (int i = 0; i < gradient.length; i++) {
      parameters[i] += gradient[i] / 64;
    }
    for (long sample = cursor; sample < cursor + (long) world * pairs; sample++) {
      covered[(int) (sample % covered.length)]++;
    }
    cursor += (long) world * pairs;
    step++;
  }

  /**
   * Steps until the given one, through every change of membership.
   *
   * @throws IllegalStateException if the others have finished before
   */
  void runTo(HazelcastExchange exchange, long last, LongConsumer afterStep) {
    while (step < last) {
      try {
        step(exchange);
        afterStep.accept(step);
      } catch (EpochEndedException e) {
        rejoin(exchange);
      }
    }
  }

  /**
   * Goes on with the next epoch.
   *
   * @throws IllegalStateException if the others have finished, after which no step succeeds
   */
  void rejoin(HazelcastExchange exchange) {
    if (!exchange.rejoin()) {
      throw new IllegalStateException("the others have finished, this one is at step " + step);
    }
  }

  private Side side(long first, int which) {
    int pairs = work.pairs();
    long[] ids = new long[pairs];
    FloatRows rows = new FloatRows(pairs, work.dim());
    for (int i = 0; i < pairs; i++) {
      long sample = (first + i) % work.samples();
      ids[i] = sample / 2;
      float[] row = features[(int) ((2 * sample + which) % FEATURES)];
      System.arraycopy(row, 0, rows.values(), i * work.dim(), work.dim());
    }
    return new Side(ids, rows);
  }

  /** Everything that must be equal on all trainers. */
  String fingerprint() {
    return String.format(
        "step %d cursor %d group %016x parameters %08x coverage %d..%d",
        step,
        cursor,
        group.stateHash(),
        Arrays.hashCode(parameters),
        Arrays.stream(covered).min().orElse(0),
        Arrays.stream(covered).max().orElse(0));
  }

  /** Whether every sample before the cursor has been covered once an epoch, and no other. */
  boolean coverageIsExact() {
    for (int i = 0; i < covered.length; i++) {
      long wanted = cursor / covered.length + (i < cursor % covered.length ? 1 : 0);
      if (covered[i] != wanted) {
        return false;
      }
    }
    return true;
  }

  @Override
  public long step() {
    return step;
  }

  @Override
  public boolean isThrough() {
    return through;
  }

  @Override
  public IdGroup group() {
    return group;
  }

  @Override
  public Map<String, Long> arrayHashes() {
    return Map.of("parameters", (long) Arrays.hashCode(parameters));
  }

  /** Changes a parameter by less than any gradient does. */
  void spoilParameter() {
    parameters[7] += 1f / 1024;
  }

  @Override
  public void save(DataOutput out) throws IOException {
    out.writeLong(step);
    out.writeLong(cursor);
    for (float p : parameters) {
      out.writeFloat(p);
    }
    for (int c : covered) {
      out.writeInt(c);
    }
    group.save(out);
  }

  @Override
  public void load(DataInput in) throws IOException {
    step = in.readLong();
    cursor = in.readLong();
    for (int i = 0; i < parameters.length; i++) {
      parameters[i] = in.readFloat();
    }
    for (int i = 0; i < covered.length; i++) {
      covered[i] = in.readInt();
    }
    group = IdGroup.load(in);
  }
}
