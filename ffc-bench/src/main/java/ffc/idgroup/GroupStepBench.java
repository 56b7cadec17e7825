package ffc.idgroup;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The host side of a step on a full group: 128 rows a side, identities uniform over a pool, so that
 * {@code capacity / pool} of them are hits. Run by {@code bench/group.sh}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class GroupStepBench {
  private static final int BATCHES = 64;

  /** Slots. */
  @Param({"30000"})
  public int capacity;

  /** Length of a feature. */
  @Param({"512"})
  public int dim;

  /** Images a side. */
  @Param({"128"})
  public int images;

  /** Identities that occur, as a multiple of the capacity. */
  @Param({"1", "4"})
  public int poolFactor;

  /** weighted or two-row. */
  @Param({"weighted", "two-row"})
  public String rule;

  /** Where the rows lie: on the Java heap, or outside as the engine's do. */
  @Param({"direct", "heap"})
  public String memory;

  private IdGroup group;
  private final long[][] ids = new long[BATCHES][];
  private final FloatRows[] features = new FloatRows[BATCHES];
  private Random random;
  private int next;

  /** Fills the group. */
  @Setup(Level.Trial)
  public void fill() {
    random = new Random(1);
    boolean twoRow = rule.equals("two-row");
    group =
        IdGroup.ofEmptySlots(
            twoRow ? new TwoRow() : new Weighted(0.5),
            memory.equals("direct") ? direct() : new FloatRows(capacity, dim),
            twoRow ? new FloatRows(capacity, dim) : null);
    for (int b = 0; b < BATCHES; b++) {
      features[b] = new FloatRows(images, dim);
      float[] values = features[b].values();
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (random.nextGaussian() / Math.sqrt(dim));
      }
    }
    drawIdentities();
    long id = 0;
    while (group.occupied() < capacity) {
      long[] batch = new long[Math.min(images, capacity - group.occupied())];
      for (int i = 0; i < batch.length; i++) {
        batch[i] = id++;
      }
      FloatRows rows = new FloatRows(batch.length, dim);
      System.arraycopy(features[0].values(), 0, rows.values(), 0, rows.values().length);
      group.commit(group.propose(batch, rows));
    }
  }

  private DirectRows direct() {
    FloatBuffer all =
        ByteBuffer.allocateDirect(4 * capacity * dim)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    return new DirectRows(List.of(all), capacity, capacity, dim);
  }

  /** New identities, so that the batches of the next iteration are not all hits. */
  @Setup(Level.Iteration)
  public void drawIdentities() {
    for (int b = 0; b < BATCHES; b++) {
      ids[b] = random.longs(images, 0, (long) capacity * poolFactor).toArray();
    }
  }

  /** One proposal, committed. */
  @Benchmark
  public Delta proposeAndCommit() {
    int b = nextBatch();
    return group.commit(group.propose(ids[b], features[b]));
  }

  /**
   * A whole step of FFC: both proposals with the slots of the other side, one of them committed.
   */
  @Benchmark
  public int twoPassesAndCommit() {
    int a = nextBatch();
    int b = nextBatch();
    Proposal passA = group.propose(ids[a], features[a]);
    Proposal passB = group.propose(ids[b], features[b]);
    int slot = passA.slots(ids[b])[0] + passB.slots(ids[a])[0];
    group.commit(passB);
    return slot;
  }

  private int nextBatch() {
    next = (next + 1) % BATCHES;
    long[] batch = ids[next];
    long pool = (long) capacity * poolFactor;
    for (int i = 0; i < batch.length; i++) {
      // A step of the golden ratio walks through the pool: the share of hits stays as stated.
      batch[i] = (batch[i] + pool * 618 / 1000 + 1) % pool;
    }
    return next;
  }
}
