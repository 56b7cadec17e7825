package ffc.idgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdGroupOracleTest {
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void followsTheNaiveGroupInBothRules(boolean twoRow) {
    for (long seed = 0; seed < 400; seed++) {
      Random random = new Random(seed);
      UpdateRule rule =
          twoRow ? new TwoRow() : new Weighted(new double[] {0, 0.5, 0.8, 1}[(int) seed % 4]);
      int capacity = 1 + random.nextInt(14);
      int dim = 1 + random.nextInt(7);
      int pool = 1 + random.nextInt(4 * capacity);
      OracleGroup oracle = new OracleGroup(capacity, dim, rule);
      IdGroup group =
          new IdGroup(
              rule, new DoubleRows(capacity, dim), twoRow ? new DoubleRows(capacity, dim) : null);
      for (int step = 0; step < 12; step++) {
        String at = "seed " + seed + " step " + step;
        long[] idsA = Batches.ids(random, random.nextInt(capacity + 1), pool);
        double[][] rowsA = Batches.unitRows(random, idsA.length, dim);
        long[] idsB =
            Batches.ids(random, step == 3 ? capacity : random.nextInt(capacity + 1), pool);
        double[][] rowsB = Batches.unitRows(random, idsB.length, dim);
        if (step == 5 && idsB.length > 0 && dim > 0) {
          // The opposite of a stored row: with keep 0.5 the sum vanishes.
          for (int i = 0; i < idsB.length; i++) {
            int slot = oracle.slotOf(idsB[i]);
            if (slot >= 0) {
              rowsB[i] = Arrays.stream(oracle.row0[slot]).map(v -> -v).toArray();
            }
          }
        }
        long hash = group.stateHash();
        Proposal a = group.propose(idsA, Batches.doubles(rowsA, dim));
        Proposal b = group.propose(idsB, Batches.doubles(rowsB, dim));
        OracleGroup oracleA = oracle.copy();
        oracleA.enter(idsA, rowsA);
        OracleGroup oracleB = oracle.copy();
        oracleB.enter(idsB, rowsB);
        check(at + " A", group, a, oracleA, idsA, idsB, pool);
        check(at + " B", group, b, oracleB, idsB, idsA, pool);
        assertThat(group.stateHash()).as(at).isEqualTo(hash);

        Delta delta = group.commit(b);
        assertThat(delta.hits()).as(at).isEqualTo(oracleB.hits);
        assertThat(delta.insertions()).as(at).isEqualTo(oracleB.insertions);
        assertThat(delta.evictions()).as(at).isEqualTo(oracleB.evictions);
        assertThat(delta.occupied()).as(at).isEqualTo(oracleB.order.size());
        checkState(at, group, oracleB);
        oracle = oracleB;
      }
    }
  }

  private static void check(
      String at,
      IdGroup group,
      Proposal proposal,
      OracleGroup after,
      long[] ids,
      long[] others,
      int pool) {
    assertThat(proposal.occupied()).as(at).isEqualTo(after.order.size());
    long[] asked = new long[ids.length + others.length + pool];
    System.arraycopy(ids, 0, asked, 0, ids.length);
    System.arraycopy(others, 0, asked, ids.length, others.length);
    for (int i = 0; i < pool; i++) {
      asked[ids.length + others.length + i] = Batches.spread(i);
    }
    int[] wanted = Arrays.stream(asked).mapToInt(after::slotOf).toArray();
    assertThat(proposal.slots(asked)).as(at).isEqualTo(wanted);
    boolean twoRow = group.rule() instanceof TwoRow;
    assertThat(proposal.heads()).as(at).hasSize(twoRow ? 2 : 1);
    checkRows(at + " head 1", patched(group, proposal.heads().get(0)), after.row0);
    if (twoRow) {
      checkRows(at + " head 2", patched(group, proposal.heads().get(1)), after.head2);
    }
  }

  private static void checkState(String at, IdGroup group, OracleGroup oracle) {
    assertThat(group.table().mostRecentFirst())
        .as(at)
        .isEqualTo(oracle.order.stream().mapToInt(i -> i).toArray());
    checkRows(at, (DoubleRows) group.row0(), oracle.row0);
    if (group.rule() instanceof TwoRow) {
      checkRows(at, (DoubleRows) group.row1(), oracle.row1);
      for (int slot = 0; slot < group.capacity(); slot++) {
        assertThat((int) group.nextRow()[slot]).as(at).isEqualTo(oracle.nextRow[slot]);
      }
    }
  }

  private static DoubleRows patched(IdGroup group, Patch patch) {
    assertThat(Arrays.stream(patch.slots()).distinct().count()).isEqualTo(patch.slots().length);
    DoubleRows base = (DoubleRows) group.row0();
    DoubleRows copy = DoubleRows.of(base.values().clone(), base.count(), base.dim());
    patch.applyTo(copy);
    return copy;
  }

  private static void checkRows(String at, DoubleRows got, double[][] wanted) {
    int dim = got.dim();
    for (int row = 0; row < wanted.length; row++) {
      for (int i = 0; i < dim; i++) {
        assertThat(got.values()[row * dim + i])
            .as("%s row %d", at, row)
            .isCloseTo(wanted[row][i], within(1e-12));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void singlePrecisionDiffersOnlyByRounding(boolean twoRow) {
    long seed = 20;
    Random random = new Random(seed);
    UpdateRule rule = twoRow ? new TwoRow() : new Weighted(0.7);
    OracleGroup oracle = new OracleGroup(50, 33, rule);
    IdGroup group = new IdGroup(50, 33, rule);
    for (int step = 0; step < 100; step++) {
      long[] ids = Batches.ids(random, 20, 120);
      double[][] rows = Batches.unitRows(random, 20, 33);
      oracle.enter(ids, rows);
      group.commit(group.propose(ids, Batches.floats(rows, 33)));
    }
    assertThat(group.table().mostRecentFirst())
        .isEqualTo(oracle.order.stream().mapToInt(i -> i).toArray());
    float[] values = ((FloatRows) group.row0()).values();
    for (int i = 0; i < values.length; i++) {
      assertThat((double) values[i])
          .as("seed %d element %d", seed, i)
          .isCloseTo(oracle.row0[i / 33][i % 33], within(1e-6));
    }
  }
}
