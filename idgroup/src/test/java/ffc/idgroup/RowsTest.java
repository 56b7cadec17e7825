package ffc.idgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ffc.exchange.Contribution;
import ffc.exchange.GlobalBatch;
import ffc.exchange.GroupExchange;
import ffc.exchange.LocalExchange;
import ffc.exchange.Side;
import ffc.exchange.ThreadExchange;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rows in both precisions, the hashes that compare replicas, and the exchanges of one process. */
@Timeout(60)
class RowsTest {
  private static final long SEED = 17;

  private static Rows rows(boolean f64, int count, int dim, double... values) {
    if (f64) {
      DoubleRows rows = new DoubleRows(count, dim);
      System.arraycopy(values, 0, rows.values(), 0, values.length);
      return rows;
    }
    FloatRows rows = new FloatRows(count, dim);
    for (int i = 0; i < values.length; i++) {
      rows.values()[i] = (float) values[i];
    }
    return rows;
  }

  private static double[] values(Rows rows) {
    return rows instanceof DoubleRows d
        ? d.values()
        : IntStream.range(0, rows.count() * rows.dim())
            .mapToDouble(i -> ((FloatRows) rows).values()[i])
            .toArray();
  }

  @Test
  void aBlendedRowIsTheUnitRowOfTheWeightedSum() {
    Random random = new Random(SEED);
    for (boolean f64 : new boolean[] {false, true}) {
      for (int dim = 1; dim <= 9; dim++) {
        double keep = random.nextDouble();
        double[] old = random.doubles(2L * dim, -1, 1).toArray();
        double[] news = random.doubles(2L * dim, -1, 1).toArray();
        Rows target = rows(f64, 3, dim);
        rows(f64, 2, dim, old).blendRow(1, keep, rows(f64, 2, dim, news), 1, target, 2);
        double[] wanted = new double[dim];
        double squares = 0;
        for (int i = 0; i < dim; i++) {
          wanted[i] = keep * old[dim + i] + (1 - keep) * news[dim + i];
          squares += wanted[i] * wanted[i];
        }
        double[] got = values(target);
        for (int i = 0; i < dim; i++) {
          assertThat(got[2 * dim + i])
              .as("seed %d f64 %s dim %d", SEED, f64, dim)
              .isCloseTo(wanted[i] / Math.sqrt(squares), within(f64 ? 1e-12 : 1e-5));
          assertThat(got[dim + i]).isZero();
        }
      }
    }
  }

  /** Opposite rows of equal weight leave no direction: the new row is taken as it is. */
  @Test
  void rowsThatCancelOutGiveTheNewOne() {
    for (boolean f64 : new boolean[] {false, true}) {
      for (double rest : new double[] {0, 1e-6, 4e-6}) {
        Rows target = rows(f64, 1, 2);
        // The sum is (rest / 2, 0): below 1e-6 for the first two.
        rows(f64, 1, 2, rest - 1, 0).blendRow(0, 0.5, rows(f64, 1, 2, 1, 0), 0, target, 0);
        assertThat(values(target)).containsExactly(1, 0);
        rows(f64, 1, 2, 1 + rest, 0).blendRow(0, 0.5, rows(f64, 1, 2, -1, 0), 0, target, 0);
        assertThat(values(target)).containsExactly(rest > 2e-6 ? 1 : -1, 0);
      }
    }
  }

  @Test
  void rowsAreFiniteOrNot() {
    for (boolean f64 : new boolean[] {false, true}) {
      for (int at = 0; at < 6; at++) {
        for (double bad :
            new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
          double[] values = {1, -2, 3, 4, 5, 6};
          values[at] = bad;
          Rows rows = rows(f64, 3, 2, values);
          for (int row = 0; row < 3; row++) {
            assertThat(rows.isFinite(row)).isEqualTo(row != at / 2);
          }
        }
      }
    }
  }

  @Test
  void rowsAreWrittenLittleEndianAndReadBack() throws IOException {
    for (boolean f64 : new boolean[] {false, true}) {
      Rows rows = rows(f64, 3, 2, 1, -2, 0.5, Double.MIN_VALUE, 1e30, -0.0);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      rows.write(new DataOutputStream(bytes), 1, 3);
      ByteBuffer written = ByteBuffer.wrap(bytes.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
      assertThat(written.capacity()).isEqualTo(f64 ? 32 : 16);
      assertThat(f64 ? written.getDouble(0) : written.getFloat(0)).isEqualTo(0.5);
      Rows read = rows(f64, 4, 2, 9, 9, 9, 9, 9, 9, 9, 9);
      read.read(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())), 1, 3);
      double[] wanted = values(rows).clone();
      assertThat(values(read))
          .containsExactly(9, 9, wanted[2], wanted[3], wanted[4], wanted[5], 9, 9);
      assertThat(rows.create(5).count()).isEqualTo(5);
      assertThat(rows.create(5).elementBytes()).isEqualTo(f64 ? 8 : 4);
    }
  }

  @Test
  void memoryOfAnotherOwnerKnowsWhatIsFinite() {
    FloatBuffer memory = FloatBuffer.wrap(new float[] {1, 2, Float.NaN, 3});
    DirectRows rows = new DirectRows(List.of(memory), 2, 2, 2);
    assertThat(rows.isFinite(0)).isTrue();
    assertThat(rows.isFinite(1)).isFalse();
    assertThat(rows.create(3).count()).isEqualTo(3);
  }

  /** A replica that differs in a single bit must not go unnoticed. */
  @Test
  void everyBitOfARowCountsInItsHash() {
    Random random = new Random(SEED);
    for (int dim = 1; dim <= 6; dim++) {
      for (int trial = 0; trial < 20; trial++) {
        float[] values = new float[3 * dim];
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) random.nextGaussian();
        }
        Set<Long> hashes = new HashSet<>();
        hashes.add(FloatRows.of(values.clone(), 3, dim).hashRow(1));
        for (int i = 0; i < values.length; i++) {
          for (int bit = 0; bit < 32; bit++) {
            float[] other = values.clone();
            other[i] = Float.intBitsToFloat(Float.floatToRawIntBits(values[i]) ^ 1 << bit);
            long hash = FloatRows.of(other, 3, dim).hashRow(1);
            assertThat(hashes.add(hash)).isEqualTo(i / dim == 1);
          }
        }
        DoubleRows doubles = new DoubleRows(3, dim);
        for (int i = 0; i < values.length; i++) {
          doubles.values()[i] = values[i];
        }
        Set<Long> ofDoubles = new HashSet<>();
        ofDoubles.add(doubles.hashRow(1));
        for (int i = 0; i < values.length; i++) {
          double kept = doubles.values()[i];
          for (int bit = 0; bit < 64; bit += 3) {
            doubles.values()[i] =
                Double.longBitsToDouble(Double.doubleToRawLongBits(kept) ^ 1L << bit);
            assertThat(ofDoubles.add(doubles.hashRow(1))).isEqualTo(i / dim == 1);
          }
          doubles.values()[i] = kept;
        }
      }
    }
  }

  @Test
  void rowsThatAreSwappedOrPermutedHaveAnotherHash() {
    Set<Long> hashes = new HashSet<>();
    float[][] all = {{1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};
    for (float[] values : all) {
      hashes.add(FloatRows.of(values, 1, 3).hashRow(0));
      hashes.add(rows(true, 1, 3, values[0], values[1], values[2]).hashRow(0));
    }
    for (int dim = 1; dim < 6; dim++) {
      hashes.add(new FloatRows(1, dim).hashRow(0));
    }
    assertThat(hashes).hasSize(2 * all.length + 5);
    assertThat(FloatRows.of(new float[] {0}, 1, 1).hashRow(0))
        .isNotEqualTo(FloatRows.of(new float[] {-0f}, 1, 1).hashRow(0));
  }

  @Test
  void oneBitTurnsHalfOfTheBitsOfTheNextHash() {
    Random random = new Random(SEED);
    for (int bit = 0; bit < 64; bit++) {
      int turned = 0;
      for (int i = 0; i < 200; i++) {
        long hash = random.nextLong();
        long value = random.nextLong();
        turned +=
            Long.bitCount(GroupHash.mix(hash, value) ^ GroupHash.mix(hash, value ^ 1L << bit));
      }
      // Of 12,800 bits; the highest bits of a value reach fewer.
      assertThat(turned).as("seed %d bit %d", SEED, bit).isBetween(3_000, 7_400);
    }
    assertThat(GroupHash.mix(1, 2)).isNotEqualTo(GroupHash.mix(2, 1));
  }

  private static IdGroup group(UpdateRule rule, long[]... batches) {
    IdGroup group = new IdGroup(4, 2, rule);
    for (long[] ids : batches) {
      FloatRows features = new FloatRows(ids.length, 2);
      for (int i = 0; i < ids.length; i++) {
        features.values()[2 * i] = (float) Math.cos((double) ids[i]);
        features.values()[2 * i + 1] = (float) Math.sin((double) ids[i]);
      }
      group.commit(group.propose(ids, features));
    }
    return group;
  }

  @Test
  void groupsThatDifferInIdentityOrderOrRowHaveOtherHashes() {
    for (UpdateRule rule : List.of(new Weighted(0.5), new TwoRow())) {
      List<IdGroup> groups =
          List.of(
              group(rule),
              group(rule, new long[] {1}),
              group(rule, new long[] {2}),
              group(rule, new long[] {1, 2}),
              group(rule, new long[] {2, 1}),
              group(rule, new long[] {1, 2}, new long[] {1}),
              group(rule, new long[] {1, 2, 3, 4}, new long[] {5}),
              group(rule, new long[] {1, 2, 3, 4}, new long[] {6}));
      Set<Long> hashes = new HashSet<>();
      groups.forEach(group -> hashes.add(group.stateHash()));
      assertThat(hashes).as(rule.toString()).hasSize(groups.size());
      assertThat(group(rule, new long[] {1, 2}).stateHash()).isEqualTo(groups.get(3).stateHash());
      assertThat(new IdGroup(5, 2, rule).stateHash()).isNotEqualTo(groups.get(0).stateHash());
      assertThat(new IdGroup(4, 3, rule).stateHash()).isNotEqualTo(groups.get(0).stateHash());

      // Slot by slot: only the slot that differs.
      long[] one = groups.get(6).slotHashes();
      long[] other = groups.get(7).slotHashes();
      assertThat(one).hasSize(4).doesNotHaveDuplicates();
      int differing = 0;
      for (int slot = 0; slot < 4; slot++) {
        differing += one[slot] == other[slot] ? 0 : 1;
      }
      assertThat(differing).isEqualTo(1);
      assertThat(groups.get(0).slotHashes()).isEmpty();
      assertThat(groups.get(3).slotHashes()).hasSize(2);
    }
  }

  @Test
  void aTrainerAloneMeetsItself() {
    byte[] mine = {1, 2};
    float[] values = {1, 2};
    try (LocalExchange exchange = new LocalExchange()) {
      assertThat(exchange.begin(null)).isTrue();
      assertThat(exchange.rejoin()).isTrue();
      exchange.beginStep(1);
      exchange.allReduceSum(values, GroupExchange.Wire.exact);
      assertThat(values).containsExactly(1, 2);
      assertThat(exchange.allGather(mine)).containsExactly(mine);
      assertThat(exchange.meet(mine)).containsExactly(mine);
      assertThat(exchange.statistics()).isEmpty();
      exchange.finish();
      exchange.giveUp();
    }
  }

  private static Contribution contribution(int rank) {
    Side x = new Side(new long[] {rank, 10 + rank}, FloatRows.of(new float[] {rank, 1}, 2, 1));
    Side y = new Side(new long[] {rank, 20 + rank}, FloatRows.of(new float[] {rank, 2}, 2, 1));
    return new Contribution(1, x, y);
  }

  @Test
  void trainersOfAProcessExchangeTheirParts() throws Exception {
    List<GlobalBatch> batches =
        ThreadExchange.together(
            2,
            false,
            exchange -> {
              assertThat(exchange.trainers()).isEqualTo(2);
              assertThat(exchange.statistics()).isEqualTo(Map.of("trainers", 2.0));
              exchange.beginStep(3);
              return exchange.exchange(3, contribution(exchange.rank()));
            });
    for (GlobalBatch batch : batches) {
      assertThat(batch.x().ids()).containsExactly(0, 1, 10, 11);
      assertThat(batch.y().ids()).containsExactly(0, 1, 20, 21);
      assertThat(((FloatRows) batch.x().features()).values()).containsExactly(0, 1, 1, 1);
      assertThat(((FloatRows) batch.y().features()).values()).containsExactly(0, 1, 2, 2);
    }
  }

  @Test
  void trainersOutOfStepAreAnError() {
    assertThatThrownBy(
            () ->
                ThreadExchange.together(
                    2, false, exchange -> exchange.exchange(3 + exchange.rank(), contribution(0))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("got a part of step 4 at step 3");
    assertThatThrownBy(
            () ->
                ThreadExchange.together(
                    2,
                    false,
                    exchange -> {
                      exchange.allReduceSum(
                          new float[3 + exchange.rank()], GroupExchange.Wire.exact);
                      return null;
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("sum of arrays of 4 and 3 elements");
  }
}
