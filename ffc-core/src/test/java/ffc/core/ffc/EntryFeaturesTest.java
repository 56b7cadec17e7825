package ffc.core.ffc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ffc.exchange.GlobalBatch;
import ffc.exchange.Side;
import ffc.idgroup.FloatRows;
import org.junit.jupiter.api.Test;

class EntryFeaturesTest {
  private static Side side(long[] ids, float... values) {
    return new Side(ids, FloatRows.of(values, ids.length, 2));
  }

  @Test
  void anIdentityBeginsWithTheDirectionOfItsFeaturesSum() {
    Side entries =
        EntryFeatures.of(
            new GlobalBatch(
                side(new long[] {7, -3, 7}, 1, 0, 0, 1, 0.6f, 0.8f),
                side(new long[] {-3, 5, 7}, 1, 0, -1, 0, 0, 1)));
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
    Side entries =
        EntryFeatures.of(new GlobalBatch(side(new long[] {7}, 1, 0), side(new long[] {7}, -1, 0)));
    assertThat(((FloatRows) entries.features()).values()).containsExactly(-1, 0);
  }
}
