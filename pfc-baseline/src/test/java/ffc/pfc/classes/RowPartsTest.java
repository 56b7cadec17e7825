package ffc.pfc.classes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ffc.core.checkpoint.BadCheckpointException;
import ffc.core.checkpoint.CheckpointInput;
import ffc.core.method.DevicePair;
import ffc.core.method.JointForward;
import ffc.core.optim.OptimizerConfig;
import ffc.core.optim.OptimizerConfigBuilder;
import ffc.exchange.LocalExchange;
import ffc.exchange.ThreadExchange;
import ffc.pfc.partialfc.ShardExchange;
import ffc.pfc.softmax.Samples;
import ffc.pfc.softmax.Shards;
import ffc.pfc.softmax.Workspace;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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

  private static ClassCenters centers(ClassRange range, RowRule rule, RowWorkers workers) {
    return new ClassCenters(range, 3, 5, rule, false, new TableMemory.Native(), workers);
  }

  private static byte[] saved(int trainers, long classes, RowRule rule) throws Exception {
    List<byte[]> files =
        ThreadExchange.together(
            trainers,
            false,
            exchange -> {
              try (RowWorkers workers = new RowWorkers(1)) {
                ClassCenters mine =
                    centers(ClassRange.of(classes, exchange.rank(), trainers), rule, workers);
                for (long cls = 1; cls < classes; cls += 3) {
                  if (mine.range().contains(cls)) {
                    mine.set(cls, new float[] {cls, -cls, 0.5f});
                  }
                }
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                new ClassFile(exchange, classes).save(new DataOutputStream(out), mine);
                return out.toByteArray();
              }
            });
    return files.get(0);
  }

  private static CheckpointInput input(byte[] bytes) {
    return CheckpointInput.of(new ByteArrayInputStream(bytes), bytes.length, Path.of("c.bin"));
  }

  @Test
  void aFileOfClassesDoesNotSayWhoHeldThem() throws Exception {
    for (RowRule rule :
        List.of(new RowRule.SgdRows(0.9f, true, 0), new RowRule.AdamWRows(0.9, 0.99, 1e-8, 0.05))) {
      byte[] alone = saved(1, 130, rule);
      assertThat(saved(3, 130, rule)).isEqualTo(alone);
      int trainers = 2;
      ThreadExchange.together(
          trainers,
          false,
          exchange -> {
            try (RowWorkers workers = new RowWorkers(1)) {
              ClassRange range = ClassRange.of(130, exchange.rank(), trainers);
              ClassCenters mine = centers(range, rule, workers);
              mine.set(range.from(), new float[] {9, 9, 9});
              new ClassFile(exchange, 130).load(input(alone), mine);
              long values = 0;
              for (long cls = range.from(); cls < range.to(); cls++) {
                if (cls % 3 == 1) {
                  values++;
                  assertThat(mine.row(cls)).containsExactly((float) cls, (float) -cls, 0.5f);
                }
              }
              assertThat(mine.initialisedRows()).isEqualTo(values);
              float[] fresh = new float[3];
              InitialRows.fill(fresh, 5, 0, ClassCenters.INITIAL);
              if (range.contains(0)) {
                assertThat(mine.row(0)).isEqualTo(fresh);
              }
              return null;
            }
          });
    }
  }

  @Test
  void aFileOfClassesThatMakesNoSenseIsRefused() throws Exception {
    RowRule rule = new RowRule.SgdRows(0.9f, true, 0);
    byte[] sound = saved(1, 130, rule);
    ClassFile file = new ClassFile(new LocalExchange(), 130);
    try (RowWorkers workers = new RowWorkers(1)) {
      ClassCenters mine = centers(ClassRange.all(130), rule, workers);
      byte[] format = sound.clone();
      format[3] = 2;
      assertThatThrownBy(() -> file.load(input(format), mine))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("c.bin: class centres of format 2, expected 1");
      byte[] longer = Arrays.copyOf(sound, sound.length + 1);
      // 43 rows of three values and three of momentum.
      assertThatThrownBy(() -> file.load(input(longer), mine))
          .isInstanceOf(BadCheckpointException.class)
          .hasMessageEndingWith(43 * 24 + 1 + " bytes of class centres, expected 43 rows of 24");
      byte[] beyond = sound.clone();
      beyond[24 + 16] |= (byte) 0x80; // the flag of class 191 of 130
      assertThatThrownBy(() -> file.load(input(Arrays.copyOf(beyond, sound.length + 24)), mine))
          .isInstanceOf(BadCheckpointException.class);
      ClassCenters plain = centers(ClassRange.all(130), new RowRule.SgdRows(0, false, 0), workers);
      assertThatThrownBy(() -> file.load(input(sound), plain))
          .hasMessage(
              "c.bin: class centres with 1 optimiser states a row, optimizer.type asks for 0;"
                  + " resume with the optimiser of the checkpoint");
      assertThatThrownBy(() -> new ClassFile(new LocalExchange(), 131).load(input(sound), mine))
          .hasMessage("c.bin: holds 130 class centres of 3 values, the experiment has 131 of 3");
      file.load(input(sound), mine);
    }
  }

  @Test
  void shardsExchangeIdentitiesSamplesSumsAndMaxima() throws Exception {
    ThreadExchange.together(
        2,
        false,
        exchange -> {
          int rank = exchange.rank();
          ShardExchange shards = new ShardExchange(exchange);
          assertThat(shards.range(5)).isEqualTo(ClassRange.of(5, rank, 2));
          try (NDManager manager = NDManager.newBaseManager()) {
            NDArray images = manager.zeros(new Shape(2, 1, 1, 1));
            long[] x = {10 * rank + 1, 10 * rank + 2};
            long[] y = {10 * rank + 3, 10 * rank + 4};
            assertThat(shards.ids(1, new DevicePair(images, images, x, y, 1, 2)))
                .containsExactly(1, 2, 11, 12, 3, 4, 13, 14);
            NDArray unit = manager.create(new float[] {rank, 5, rank, 6}, new Shape(2, 2));
            JointForward.Slice second =
                new JointForward.Slice(new long[] {x[1], y[1]}, images, null, 0.5, 1);
            Samples samples = shards.samples(unit, second);
            assertThat(samples.ids()).containsExactly(2, 4, 12, 14);
            assertThat(samples.count()).isEqualTo(4);
            assertThat(samples.unitBE().toFloatArray()).containsExactly(0, 5, 0, 6, 1, 5, 1, 6);
            assertThat(samples.mine(samples.unitBE()).toFloatArray())
                .isEqualTo(unit.toFloatArray());
            NDArray part = manager.create(new float[] {rank, -rank, 3}, new Shape(3, 1));
            assertThat(shards.sum(part).toFloatArray()).containsExactly(1, -1, 6);
            assertThat(shards.sum(part).getShape()).isEqualTo(new Shape(3, 1));
            assertThat(shards.largest(part).toFloatArray()).containsExactly(1, 0, 3);
          }
          return null;
        });
    try (NDManager manager = NDManager.newBaseManager()) {
      ShardExchange alone = new ShardExchange(new LocalExchange());
      NDArray part = manager.ones(new Shape(2, 2));
      assertThat(alone.sum(part)).isSameAs(part);
      assertThat(alone.largest(part)).isSameAs(part);
      JointForward.Slice slice = new JointForward.Slice(new long[] {7, 8}, part, null, 1, 0);
      assertThat(alone.samples(part, slice).unitBE()).isSameAs(part);
      assertThat(alone.samples(part, slice).ids()).containsExactly(7, 8);
      assertThat(Shards.ALONE.sum(part)).isSameAs(part);
      assertThat(Shards.ALONE.largest(part)).isSameAs(part);
      Samples own = new Samples(part, new long[] {7, 8});
      assertThat(own.mine(part)).isSameAs(part);
    }
  }

  @Test
  void twoSidesStandOneAfterTheOther() {
    assertThat(JointForward.concat(new long[] {1, 2}, new long[] {3})).containsExactly(1, 2, 3);
  }
}
