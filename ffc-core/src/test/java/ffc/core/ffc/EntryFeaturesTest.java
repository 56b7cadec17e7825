package ffc.core.ffc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ffc.exchange.GlobalBatch;
import ffc.exchange.Side;
import ffc.idgroup.FloatRows;
import org.junit.jupiter.api.Test;

class EntryFeaturesTest {
  private static final GlobalBatch BATCH =
      new GlobalBatch(
          side(new long[] {7, -3, 7}, 1, 0, 0, 1, 0.6f, 0.8f),
          side(new long[] {-3, 5, 7}, 1, 0, -1, 0, 0, 1));

  private static Side side(long[] ids, float... values) {
    return new Side(ids, FloatRows.of(values, ids.length, 2));
  }

  @Test
  void anIdentityBeginsWithTheDirectionOfItsFeaturesSum() {
    Side entries = new EntryFeatures(BATCH).rows();
    assertThat(entries.ids()).containsExactly(7, -3, 5);
    float[] rows = ((FloatRows) entries.features()).values();
    double norm = Math.hypot(1.6, 1.8);
    double half = Math.sqrt(0.5);
    double[] wanted = {1.6 / norm, 1.8 / norm, half, half, -1, 0};
    for (int i = 0; i < wanted.length; i++) {
      assertThat((double) rows[i]).isCloseTo(wanted[i], within(1e-6));
    }
  }

  @Test
  void featuresThatCancelLeaveTheLastOne() {
    EntryFeatures entry =
        new EntryFeatures(new GlobalBatch(side(new long[] {7}, 1, 0), side(new long[] {7}, -1, 0)));
    assertThat(((FloatRows) entry.rows().features()).values()).containsExactly(-1, 0);
  }

  @Test
  void anImageIsComparedWithTheOthersOfItsIdentity() {
    EntryFeatures entry = new EntryFeatures(BATCH);
    float[] own = {1, 0, 0, 1, 0.6f, 0.8f};
    assertClose(entry.others(7, own, 0), 0.6 / Math.hypot(0.6, 1.8), 1.8 / Math.hypot(0.6, 1.8));
    assertClose(entry.others(-3, own, 1), 1, 0);
    assertClose(entry.others(7, own, 2), Math.sqrt(0.5), Math.sqrt(0.5));
    assertThat(entry.others(5, new float[] {-1, 0}, 0)).isNull();
    EntryFeatures cancelled =
        new EntryFeatures(
            new GlobalBatch(side(new long[] {7, 7}, 1, 0, -1, 0), side(new long[] {7}, 0, 1)));
    assertThat(cancelled.others(7, new float[] {0, 1}, 0)).isNull();
  }

  private static void assertClose(float[] actual, double... wanted) {
    assertThat(actual).hasSize(wanted.length);
    for (int i = 0; i < wanted.length; i++) {
      assertThat((double) actual[i]).isCloseTo(wanted[i], within(1e-6));
    }
  }
}
