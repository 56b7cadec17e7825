package ffc.pfc.classes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ffc.core.optim.OptimizerConfig;
import ffc.core.optim.OptimizerConfigBuilder;
import ffc.pfc.softmax.Workspace;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What rows of classes are made of: flags, ranges, rules, workers, files. */
@Timeout(60)
class RowPartsTest {
  private static final long SEED = 41;
  private static final NDIndex ALL = new NDIndex(":");

  @TempDir Path temp;

  @Test
  void flagsAreThoseOfABitSet() throws IOException {
    Random random = new Random(SEED);
    for (int rows : new int[] {1, 63, 64, 65, 200}) {
      RowFlags flags = new RowFlags(rows);
      BitSet wanted = new BitSet();
      for (int i = 0; i < rows; i++) {
        int row = random.nextInt(rows);
        assertThat(flags.add(row)).isEqualTo(!wanted.get(row));
        wanted.set(row);
      }
      assertSame(flags, wanted, rows);
      assertThat(RowFlags.bytes(rows)).isEqualTo(8L * ((rows + 63) / 64));
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      flags.save(new DataOutputStream(bytes));
      assertThat(bytes.size()).isEqualTo((int) RowFlags.bytes(rows));
      RowFlags read = new RowFlags(rows);
      read.add(0);
      read.load(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
      assertSame(read, wanted, rows);
      RowFlags taken = new RowFlags(rows);
      taken.add(rows - 1);
      taken.set(flags);
      assertSame(taken, wanted, rows);
      RowFlags shifted = new RowFlags(rows + 70);
      shifted.put(70, flags, rows);
      assertThat(shifted.count(0, 70)).isZero();
      assertThat(shifted.count(70, rows + 70)).isEqualTo(wanted.cardinality());
      assertThat(shifted.get(70 + wanted.nextSetBit(0))).isTrue();
    }
  }

  private static void assertSame(RowFlags flags, BitSet wanted, int rows) {
    assertThat(flags.count()).isEqualTo(wanted.cardinality());
    for (int row = 0; row < rows; row++) {
      assertThat(flags.get(row)).as("row %d", row).isEqualTo(wanted.get(row));
    }
    assertThat(flags.count(rows / 3, rows)).isEqualTo(wanted.get(rows / 3, rows).cardinality());
  }

  @Test
  void rangesShareTheClassesOutInOrder() {
    for (long classes = 1; classes < 40; classes++) {
      for (int trainers = 1; trainers <= Math.min(classes, 7); trainers++) {
        long next = 0;
        for (int rank = 0; rank < trainers; rank++) {
          ClassRange range = ClassRange.of(classes, rank, trainers);
          assertThat(range.from()).isEqualTo(next);
          assertThat(range.size())
              .isEqualTo(classes / trainers + (rank == 0 ? classes % trainers : 0));
          assertThat(range.contains(range.from())).isTrue();
          assertThat(range.contains(range.to() - 1)).isTrue();
          assertThat(range.contains(range.from() - 1)).isFalse();
          assertThat(range.contains(range.to())).isFalse();
          next = range.to();
        }
        assertThat(next).isEqualTo(classes);
      }
    }
    assertThat(ClassRange.all(9)).isEqualTo(new ClassRange(0, 9));
    assertThatThrownBy(() -> ClassRange.of(3, 0, 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "cluster.trainers is 4, but 3 classes cannot be dealt out over more trainers than there"
                + " are classes");
  }

  private static OptimizerConfig config(
      OptimizerConfig.Type type, Double momentum, Boolean nesterov, double decay) {
    return OptimizerConfigBuilder.builder()
        .type(type)
        .learningRate(0.1)
        .momentum(momentum)
        .nesterov(nesterov)
        .weightDecay(decay)
        .betas(List.of(0.8, 0.95))
        .epsilon(1e-6)
        .build();
  }

  @Test
  void rulesAreThoseOfTheOptimiser() {
    RowRule sgd = RowRule.of(config(OptimizerConfig.Type.sgd, 0.9, true, 0.01));
    assertThat(sgd).isEqualTo(new RowRule.SgdRows(0.9f, true, 0.01f));
    assertThat(sgd.states()).isEqualTo(1);
    assertThat(sgd.counts()).isFalse();
    RowRule plain = RowRule.of(config(OptimizerConfig.Type.sgd, 0.0, false, 0.01));
    assertThat(plain.states()).isZero();
    RowRule adamw = RowRule.of(config(OptimizerConfig.Type.adamw, null, null, 0.05));
    assertThat(adamw).isEqualTo(new RowRule.AdamWRows(0.8, 0.95, 1e-6, 0.05));
    assertThat(adamw.states()).isEqualTo(2);
    assertThat(adamw.counts()).isTrue();
  }

  @Test
  void sgdMovesARowByItsFormula() {
    for (float momentum : new float[] {0, 0.9f}) {
      for (boolean nesterov : new boolean[] {false, true}) {
        RowRule rule = new RowRule.SgdRows(momentum, nesterov, 0.01f);
        float[] row = {0.5f, -1};
        double[] w = {0.5, -1};
        double[] v = new double[2];
        float[][] state = new float[rule.states()][2];
        for (int step = 1; step <= 3; step++) {
          float[] gradient = {0.3f * step, -2};
          for (int i = 0; i < 2; i++) {
            double d = gradient[i] + 0.01 * w[i];
            v[i] = momentum * v[i] + d;
            w[i] -= 0.1 * (nesterov ? d + momentum * v[i] : v[i]);
          }
          rule.apply(row, gradient, state, step, 0.1);
          for (int i = 0; i < 2; i++) {
            assertThat((double) row[i])
                .as("momentum %s nesterov %s step %d", momentum, nesterov, step)
                .isCloseTo(w[i], within(1e-6));
          }
        }
      }
    }
  }

  @Test
  void everyElementAndTaskIsDoneOnceWhateverTheThreads() {
    for (int threads : new int[] {1, 3}) {
      try (RowWorkers workers = new RowWorkers(threads)) {
        assertThat(workers.threads()).isEqualTo(threads);
        for (int count : new int[] {0, 1, 255, 256, 1000}) {
          AtomicIntegerArray done = new AtomicIntegerArray(count);
          workers.run(
              count,
              (from, to) -> {
                for (long i = from; i < to; i++) {
                  done.incrementAndGet((int) i);
                }
              });
          for (int i = 0; i < count; i++) {
            assertThat(done.get(i)).isEqualTo(1);
          }
        }
        for (int count : new int[] {0, 1, 2, 9}) {
          AtomicIntegerArray done = new AtomicIntegerArray(count);
          workers.each(
              count,
              (task, worker) -> {
                assertThat(worker).isBetween(0, threads - 1);
                done.incrementAndGet(task);
              });
          for (int i = 0; i < count; i++) {
            assertThat(done.get(i)).isEqualTo(1);
          }
        }
      }
    }
  }

  @Test
  void aFailureInALoopIsTheFailureOfItsCaller() {
    try (RowWorkers workers = new RowWorkers(2)) {
      IllegalArgumentException problem = new IllegalArgumentException("row 300");
      assertThatThrownBy(
              () ->
                  workers.run(
                      600,
                      (from, to) -> {
                        if (from <= 300 && to > 300) {
                          throw problem;
                        }
                      }))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("a loop over class rows failed")
          .hasCause(problem);
      workers.each(2, (task, worker) -> {});
    }
  }

  @Test
  void sampledClassesKnowTheirColumns() {
    SampledClasses all = SampledClasses.all(10, 15);
    assertThat(all.count()).isEqualTo(5);
    assertThat(all.at(2)).isEqualTo(12);
    assertThat(all.column(10)).isZero();
    assertThat(all.column(14)).isEqualTo(4);
    assertThat(all.column(9)).isNegative();
    assertThat(all.column(15)).isNegative();
    assertThat(all.columnFrom(3)).isZero();
    assertThat(all.columnFrom(13)).isEqualTo(3);
    assertThat(all.columnFrom(99)).isEqualTo(5);
    SampledClasses some = SampledClasses.of(new long[] {2, 5, 9});
    assertThat(some.count()).isEqualTo(3);
    assertThat(some.column(5)).isEqualTo(1);
    assertThat(some.column(4)).isNegative();
    assertThat(some.columnFrom(0)).isZero();
    assertThat(some.columnFrom(5)).isEqualTo(1);
    assertThat(some.columnFrom(6)).isEqualTo(2);
    assertThat(some.columnFrom(10)).isEqualTo(3);
  }

  @Test
  void mappedSegmentsAreZeroAndLeaveNoFiles() throws IOException {
    for (long reserved : new long[] {0, 4096}) {
      Path folder = temp.resolve("rows" + reserved);
      try (TableMemory memory = new TableMemory.Mapped(folder, reserved)) {
        ByteBuffer segment = memory.segment("classes", 4096);
        assertThat(segment.capacity()).isEqualTo(4096);
        assertThat(segment.getLong(2048)).isZero();
        segment.putInt(0, 1);
        assertThat(segment.get(0)).as("little-endian").isEqualTo((byte) 1);
        assertThat(folder).isEmptyDirectory();
      }
    }
  }

  @Test
  void aFolderWithoutRoomIsRefused() throws IOException {
    assertThatThrownBy(() -> new TableMemory.Mapped(temp, Long.MAX_VALUE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching(
            "method.folder "
                + temp
                + ": has [0-9]+ bytes free, wanted 9223372036854775807 for class centres and their"
                + " optimiser state");
    Path file = Files.writeString(temp.resolve("file"), "");
    assertThatThrownBy(() -> new TableMemory.Mapped(file.resolve("rows"), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("method.folder " + file.resolve("rows") + ": cannot be written: ");
    Path gone = temp.resolve("gone");
    TableMemory memory = new TableMemory.Mapped(gone, 1);
    Files.delete(gone);
    assertThatThrownBy(() -> memory.segment("classes", 8))
        .hasMessage(gone + ": cannot map 8 bytes for the table classes");
  }

  @Test
  void theWorkspaceGivesOutWhatItHasRoomFor() {
    try (NDManager manager = NDManager.newBaseManager();
        Workspace workspace = new Workspace(manager, 4 * 100, 2)) {
      Workspace.Room first = workspace.room(60);
      Workspace.Room second = workspace.room(60);
      NDArray kept = first.keep(0, 6, 10);
      assertThat(kept.getShape()).isEqualTo(new Shape(6, 10));
      assertThat(first.keep(1, 6, 10)).isNull();
      NDArray rest = second.keep(0, 4, 10);
      assertThat(rest.getShape()).isEqualTo(new Shape(4, 10));
      rest.set(ALL, 2);
      assertThat(second.keep(1, 4, 10)).isNull();
      assertThat(second.keep(10, 3, 10).toFloatArray()).containsOnly(2);
      assertThat(workspace.room(5).keep(0, 1, 1)).isNull();
      workspace.reuse();
      assertThat(workspace.room(100).keep(60, 4, 10).toFloatArray()).containsOnly(2);
      NDArray one = workspace.rows(0, 3, 2);
      one.set(ALL, 5);
      NDArray other = workspace.rows(1, 3, 2);
      other.set(ALL, 6);
      assertThat(one.toFloatArray()).containsOnly(5).hasSize(6);
      assertThat(workspace.rows(0, 2, 2).toFloatArray()).containsOnly(5).hasSize(4);
      NDArray spare = workspace.spare(1, 2, 3);
      spare.set(ALL, 7);
      assertThat(workspace.spare(1, 2, 3).toFloatArray()).containsOnly(7).hasSize(6);
      assertThat(other.toFloatArray()).containsOnly(6);
    }
  }
}
