package ffc.idgroup;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Uses of the slot table a second, one by one, on the stream of identities that {@code
 * bench/lru.cpp} draws too: uniform over twice the capacity, so that half the uses evict. It lies
 * in this package because the table is not public. Both sides in turn: {@code bench/group.sh}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SlotTableBench {
  private static final int STREAM = 1 << 22;

  /** Slots. */
  @Param({"30000", "1000000"})
  public int capacity;

  private final long[] ids = new long[STREAM];
  private SlotTable table;

  /** Draws the identities and fills the table. */
  @Setup(Level.Trial)
  public void fill() {
    long state = 42;
    for (int i = 0; i < STREAM; i++) {
      state += 0x9E3779B97F4A7C15L;
      long z = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
      z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
      z ^= z >>> 31;
      ids[i] = Long.remainderUnsigned(z, 2L * capacity);
    }
    table = new SlotTable(capacity);
    System.out.println("slot sum " + useAll()); // the C++ side prints its own: same decisions
  }

  /** Uses every identity of the stream. */
  @Benchmark
  @OperationsPerInvocation(STREAM)
  public long useAll() {
    long sum = 0;
    for (long id : ids) {
      sum += table.use(id);
    }
    return sum;
  }
}
