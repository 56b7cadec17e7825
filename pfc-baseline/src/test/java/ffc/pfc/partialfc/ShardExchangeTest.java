package ffc.pfc.partialfc;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ffc.core.method.DevicePair;
import ffc.core.method.JointForward;
import ffc.exchange.LocalExchange;
import ffc.exchange.ThreadExchange;
import ffc.pfc.classes.ClassRange;
import ffc.pfc.softmax.Samples;
import ffc.pfc.softmax.Shards;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What trainers that share the classes out tell each other. */
@Timeout(60)
class ShardExchangeTest {
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
