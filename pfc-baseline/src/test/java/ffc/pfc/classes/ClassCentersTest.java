package ffc.pfc.classes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ffc.core.checkpoint.CheckpointInput;
import ffc.engine.Autograd;
import ffc.exchange.LocalExchange;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassCentersTest {
  private static final int E = 6;
  private static final RowRule SGD = new RowRule.SgdRows(0.9f, true, 1e-2f);
  private static final RowRule ADAMW = new RowRule.AdamWRows(0.9, 0.99, 1e-8, 0.05);

  private NDManager manager;
  private final List<AutoCloseable> open = new ArrayList<>();

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
    Autograd.off();
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable resource : open) {
      resource.close();
    }
    manager.close();
  }

  private ClassCenters centers(
      int classes, RowRule rule, boolean dense, TableMemory memory, int threads) {
    return centers(ClassRange.all(classes), E, rule, dense, memory, threads);
  }

  /** Centres wherever a test of them wants them. */
  ClassCenters centers(
      ClassRange range, int dim, RowRule rule, boolean dense, TableMemory memory, int threads) {
    RowWorkers workers = new RowWorkers(threads);
    open.add(workers);
    open.add(memory);
    return new ClassCenters(range, dim, 3, rule, dense, memory, workers);
  }

  /** Runs some steps of random gradients on sampled classes and returns the sampled ones. */
  private void train(ClassCenters centers, long seed, int firstStep, int steps) {
    for (int step = firstStep; step < firstStep + steps; step++) {
      SampledClasses sampled = sample(centers, seed, step);
      centers.prepare(sampled);
      List<NDArray> gradients = gradients(sampled.count(), seed + step);
      centers.update(
          sampled, (block, worker) -> gradients.get(block), step < 3 ? 0.1 : 0.01, step + 1);
    }
  }

  private static SampledClasses sample(ClassCenters centers, long seed, int step) {
    try (RowWorkers workers = new RowWorkers(1)) {
      ClassRange all = centers.range();
      return new ClassSampler(all.size(), 0.2, seed, all, workers).sample(step, new long[] {1, 5});
    }
  }

  private List<NDArray> gradients(int count, long seed) {
    Random random = new Random(seed);
    List<NDArray> blocks = new ArrayList<>();
    for (int from = 0; from < count; from += ClassCenters.BLOCK) {
      int rows = Math.min(ClassCenters.BLOCK, count - from);
      float[] values = new float[rows * E];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      blocks.add(manager.create(values, new Shape(rows, E)));
    }
    return blocks;
  }

  @Test
  void aSparseStepLeavesUnsampledRowsAndTheirStateBitIdentical() {
    for (RowRule rule : List.of(SGD, ADAMW)) {
      ClassCenters centers = centers(400, rule, false, new TableMemory.Native(), 2);
      train(centers, 1, 0, 4);
      float[][] before = snapshot(centers, rule);
      SampledClasses sampled = sample(centers, 1, 4);
      train(centers, 1, 4, 1);
      float[][] after = snapshot(centers, rule);
      for (int cls = 0; cls < 400; cls++) {
        if (sampled.column(cls) >= 0) {
          assertThat(after[cls]).isNotEqualTo(before[cls]);
        } else {
          assertThat(bits(after[cls])).as(rule + ", class " + cls).isEqualTo(bits(before[cls]));
        }
      }
    }
  }

  @Test
  void aDenseStepMovesEveryRow() {
    ClassCenters centers = centers(400, SGD, true, new TableMemory.Native(), 2);
    train(centers, 1, 0, 4);
    float[][] before = snapshot(centers, SGD);
    train(centers, 1, 4, 1);
    float[][] after = snapshot(centers, SGD);
    for (int cls = 0; cls < 400; cls++) {
      assertThat(after[cls]).isNotEqualTo(before[cls]);
    }
  }

  private static float[][] snapshot(ClassCenters centers, RowRule rule) {
    float[][] all = new float[(int) centers.range().size()][];
    for (int cls = 0; cls < all.length; cls++) {
      float[] one = new float[E * (1 + rule.states())];
      System.arraycopy(centers.row(cls), 0, one, 0, E);
      for (int i = 0; i < rule.states(); i++) {
        System.arraycopy(centers.state(i, cls), 0, one, E * (i + 1), E);
      }
      all[cls] = one;
    }
    return all;
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }

  @Test
  void sparseAdamWCorrectsItsBiasByTheRowsOwnUpdates() {
    ClassCenters centers = centers(50, ADAMW, false, new TableMemory.Native(), 1);
    Random random = new Random(5);
    double[] w = doubles(centers.row(7));
    double[] m = new double[E];
    double[] v = new double[E];
    int updates = 0;
    for (int step = 0; step < 12; step++) {
      boolean hit = step % 3 == 2;
      SampledClasses sampled = SampledClasses.of(hit ? new long[] {7, 20} : new long[] {20});
      centers.prepare(sampled);
      float[] g = new float[sampled.count() * E];
      for (int i = 0; i < g.length; i++) {
        g[i] = (float) random.nextGaussian();
      }
      if (hit) {
        updates++;
        adamW(w, unitGradient(g, w), m, v, updates, 0.01);
      }
      NDArray gradient = manager.create(g, new Shape(sampled.count(), E));
      centers.update(sampled, (block, worker) -> gradient, 0.01, step + 1);
    }
    for (int i = 0; i < E; i++) {
      assertThat((double) centers.row(7)[i]).isCloseTo(w[i], within(1e-6));
    }
  }

  private static double[] unitGradient(float[] g, double[] w) {
    double squares = 0;
    double along = 0;
    for (int i = 0; i < w.length; i++) {
      squares += w[i] * w[i];
      along += w[i] * g[i];
    }
    double[] d = new double[w.length];
    for (int i = 0; i < w.length; i++) {
      d[i] = (g[i] - w[i] * along / squares) / Math.sqrt(squares);
    }
    return d;
  }

  private static void adamW(
      double[] w, double[] g, double[] m, double[] v, int updates, double lr) {
    for (int i = 0; i < w.length; i++) {
      m[i] = 0.9 * m[i] + 0.1 * g[i];
      v[i] = 0.99 * v[i] + 0.01 * g[i] * g[i];
      double mHat = m[i] / (1 - Math.pow(0.9, updates));
      double vHat = v[i] / (1 - Math.pow(0.99, updates));
      w[i] = w[i] * (1 - lr * 0.05) - lr * mHat / (Math.sqrt(vHat) + 1e-8);
    }
  }

  private static double[] doubles(float[] values) {
    double[] d = new double[values.length];
    for (int i = 0; i < d.length; i++) {
      d[i] = values[i];
    }
    return d;
  }

  @Test
  void theResultDoesNotDependOnThreadsOrStorage(@TempDir Path folder) {
    ClassCenters one = centers(9000, SGD, false, new TableMemory.Native(), 1);
    ClassCenters four = centers(9000, SGD, false, new TableMemory.Native(), 4);
    ClassCenters mapped = centers(9000, SGD, false, new TableMemory.Mapped(folder, 0), 2);
    for (ClassCenters centers : List.of(one, four, mapped)) {
      train(centers, 8, 0, 3);
    }
    for (int cls = 0; cls < 9000; cls += 7) {
      assertThat(bits(four.row(cls))).isEqualTo(bits(one.row(cls)));
      assertThat(bits(mapped.row(cls))).isEqualTo(bits(one.row(cls)));
    }
  }

  private static double[] unit(float[] row) {
    double squares = 0;
    for (float v : row) {
      squares += (double) v * v;
    }
    double[] unit = new double[row.length];
    for (int i = 0; i < row.length; i++) {
      unit[i] = row[i] / Math.sqrt(squares);
    }
    return unit;
  }

  /** Rows longer than the eight sums that run side by side, and no multiple of them. */
  @Test
  void unitRowsAreThoseOfTheColumnsAskedFor() {
    for (int dim : new int[] {1, 8, 19}) {
      ClassCenters centers =
          centers(new ClassRange(100, 200), dim, SGD, false, new TableMemory.Native(), 1);
      long[] classes = new long[40];
      Arrays.setAll(classes, i -> 100 + 2 * i);
      SampledClasses sampled = SampledClasses.of(classes);
      centers.prepare(sampled);
      assertThat(centers.initialisedRows()).isEqualTo(40);
      try (NDArray unit = centers.unit(sampled, 3, 38, manager)) {
        assertThat(unit.getShape()).isEqualTo(new Shape(35, dim));
        float[] values = unit.toFloatArray();
        for (int i = 0; i < 35; i++) {
          double[] wanted = unit(centers.row(classes[3 + i]));
          for (int k = 0; k < dim; k++) {
            assertThat((double) values[i * dim + k]).isCloseTo(wanted[k], within(1e-6));
          }
        }
      }
    }
  }

  @Test
  void theGradientPassesThroughTheNormalisation() {
    Random random = new Random(9);
    for (int dim : new int[] {1, 7, 8, 19}) {
      float[] w = new float[dim];
      float[] g = new float[dim];
      for (int i = 0; i < dim; i++) {
        w[i] = (float) random.nextGaussian();
        g[i] = (float) random.nextGaussian();
      }
      double[] wanted = unitGradient(g, doubles(w));
      double norm = Math.sqrt(Arrays.stream(doubles(w)).map(v -> v * v).sum());
      assertThat((double) UnitRow.norm(w)).isCloseTo(norm, within(1e-6 * norm));
      UnitRow.throughNormalisation(g, w);
      for (int i = 0; i < dim; i++) {
        assertThat((double) g[i]).isCloseTo(wanted[i], within(1e-5));
      }
    }
    assertThat(UnitRow.norm(new float[3])).isEqualTo(1e-12f);
  }

  /** Two blocks of columns, against one row after the other in double precision. */
  @Test
  void everyRowMovesByItsOwnGradientInBothUpdates() {
    int classes = ClassCenters.BLOCK + 300;
    for (boolean dense : new boolean[] {false, true}) {
      ClassCenters centers = centers(classes, SGD, dense, new TableMemory.Native(), 2);
      long[] drawn = new long[ClassCenters.BLOCK + 90];
      Arrays.setAll(drawn, i -> i + (i > 70 ? 100 : 0));
      SampledClasses sampled = SampledClasses.of(drawn);
      List<NDArray> gradients = gradients(sampled.count(), 4);
      float[] flat = new float[sampled.count() * E];
      int at = 0;
      for (NDArray block : gradients) {
        float[] values = block.toFloatArray();
        System.arraycopy(values, 0, flat, at, values.length);
        at += values.length;
      }
      float[][] before = new float[classes][];
      for (int cls = 0; cls < classes; cls++) {
        before[cls] = centers.row(cls);
      }
      centers.update(sampled, (block, worker) -> gradients.get(block), 0.1, 1);
      for (int cls = 0; cls < classes; cls++) {
        int column = sampled.column(cls);
        double[] w = doubles(before[cls]);
        double[] d =
            column < 0
                ? new double[E]
                : unitGradient(Arrays.copyOfRange(flat, column * E, (column + 1) * E), w);
        float[] row = centers.row(cls);
        float[] state = centers.state(0, cls);
        for (int i = 0; i < E; i++) {
          double v = column < 0 && !dense ? 0 : d[i] + 1e-2 * w[i];
          assertThat((double) state[i])
              .as("dense %s class %d", dense, cls)
              .isCloseTo(v, within(3e-4)); // of up to 200
          assertThat((double) row[i]).isCloseTo(w[i] - 0.1 * 1.9 * v, within(6e-5));
        }
      }
    }
  }

  @Test
  void aDenseStepWithoutSamplesMovesEveryRowToo() {
    ClassCenters centers = centers(300, SGD, true, new TableMemory.Native(), 2);
    float[] before = centers.row(299);
    centers.update(SampledClasses.of(new long[0]), (block, worker) -> null, 0.1, 1);
    assertThat(centers.initialisedRows()).isEqualTo(300);
    for (int i = 0; i < E; i++) {
      assertThat((double) centers.row(299)[i])
          .isCloseTo(before[i] * (1 - 0.1 * 1.9 * 1e-2), within(1e-7));
    }
  }

  @Test
  void whatARowHasIsWhatTheRuleKeeps() {
    ClassCenters sgd = centers(10, SGD, false, new TableMemory.Native(), 1);
    assertThat(sgd.states()).isEqualTo(1);
    assertThat(sgd.countsUpdates()).isFalse();
    assertThat(sgd.rowBytes()).isEqualTo(4 * E * 2);
    ClassCenters adamw = centers(10, ADAMW, false, new TableMemory.Native(), 1);
    assertThat(adamw.states()).isEqualTo(2);
    assertThat(adamw.countsUpdates()).isTrue();
    assertThat(adamw.rowBytes()).isEqualTo(4 * E * 3 + 4);
    assertThat(adamw.dim()).isEqualTo(E);
    assertThat(adamw.range()).isEqualTo(ClassRange.all(10));
  }

  @Test
  void initialRowsAreNormalAndDependOnSeedAndClassAlone() {
    ClassCenters centers = centers(3000, SGD, false, new TableMemory.Native(), 2);
    double sum = 0;
    double squares = 0;
    for (int cls = 2999; cls >= 0; cls--) {
      for (float v : centers.row(cls)) {
        sum += v;
        squares += (double) v * v;
      }
    }
    double n = 3000.0 * E;
    assertThat(sum / n).isCloseTo(0, within(4 * 0.01 / Math.sqrt(n)));
    assertThat(Math.sqrt(squares / n)).isCloseTo(0.01, within(3e-4));
    ClassCenters again = centers(3000, SGD, false, new TableMemory.Native(), 1);
    again.prepare(SampledClasses.all(0, 3000));
    assertThat(again.row(1234)).isEqualTo(centers.row(1234));
    assertThat(again.row(1234)).isNotEqualTo(again.row(1235));
  }

  @Test
  void aSavedStateContinuesExactly() throws IOException {
    for (RowRule rule : List.of(SGD, ADAMW)) {
      ClassCenters unbroken = centers(500, rule, false, new TableMemory.Native(), 2);
      train(unbroken, 2, 0, 3);
      byte[] saved = save(unbroken);
      train(unbroken, 2, 3, 3);
      ClassCenters resumed = centers(500, rule, false, new TableMemory.Native(), 1);
      train(resumed, 77, 0, 1);
      load(saved, resumed, "classes.bin");
      train(resumed, 2, 3, 3);
      assertThat(Arrays.equals(save(resumed), save(unbroken))).as(rule.toString()).isTrue();
    }
  }

  private static byte[] save(ClassCenters centers) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    file(centers).save(new DataOutputStream(bytes), centers);
    return bytes.toByteArray();
  }

  private static void load(byte[] saved, ClassCenters centers, String where) throws IOException {
    file(centers)
        .load(
            CheckpointInput.of(new ByteArrayInputStream(saved), saved.length, Path.of(where)),
            centers);
  }

  private static ClassFile file(ClassCenters centers) {
    return new ClassFile(new LocalExchange(), centers.range().size());
  }

  @Test
  void refusesAStateOfOtherClassesOrAnotherOptimiser() throws IOException {
    byte[] saved = save(centers(500, SGD, false, new TableMemory.Native(), 1));
    ClassCenters more = centers(501, SGD, false, new TableMemory.Native(), 1);
    assertThatThrownBy(() -> load(saved, more, "x/classes.bin"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "x/classes.bin: holds 500 class centres of 6 values, the experiment has 501 of 6");
    ClassCenters adam = centers(500, ADAMW, false, new TableMemory.Native(), 1);
    assertThatThrownBy(() -> load(saved, adam, "x/classes.bin"))
        .hasMessageContaining("resume with the optimiser of the checkpoint");
  }
}
