package ffc.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ffc.idgroup.FloatRows;
import java.util.List;
import org.junit.jupiter.api.Test;

class GlobalBatchTest {
  private static Side side(long... ids) {
    FloatRows rows = new FloatRows(ids.length, 2);
    for (int i = 0; i < ids.length; i++) {
      rows.values()[2 * i] = ids[i];
    }
    return new Side(ids, rows);
  }

  @Test
  void putsTheIdentitiesOfAllRanksBeforeTheInstancesOfAllRanks() {
    GlobalBatch batch =
        GlobalBatch.of(
            List.of(
                new Contribution(2, side(1, 2, 3), side(1, 2, 30)),
                new Contribution(1, side(4, 5), side(4, 50)),
                new Contribution(0, side(6), side(60))));
    assertThat(batch.x().ids()).containsExactly(1, 2, 4, 3, 5, 6);
    assertThat(batch.y().ids()).containsExactly(1, 2, 4, 30, 50, 60);
    assertThat(((FloatRows) batch.y().features()).values())
        .containsExactly(1, 0, 2, 0, 4, 0, 30, 0, 50, 0, 60, 0);
  }

  @Test
  void oneTrainerAloneGetsItsOwnBatch() {
    Contribution mine = new Contribution(1, side(1, 2), side(1, 3));
    try (LocalExchange exchange = new LocalExchange()) {
      GlobalBatch batch = exchange.exchange(0, mine);
      assertThat(batch.x()).isSameAs(mine.x());
      assertThat(batch.y()).isSameAs(mine.y());
      assertThat(exchange.trainers()).isEqualTo(1);
      assertThat(exchange.rank()).isZero();
    }
  }

  @Test
  void refusesSidesThatDoNotFit() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Contribution(1, side(1, 2), side(1)));
    assertThatIllegalArgumentException().isThrownBy(() -> new Contribution(2, side(1), side(1)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Side(new long[2], new FloatRows(1, 2)));
  }
}
