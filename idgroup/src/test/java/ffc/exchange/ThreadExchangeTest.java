package ffc.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.idgroup.FloatRows;
import ffc.idgroup.IdGroup;
import ffc.idgroup.Weighted;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ThreadExchangeTest {
  /** A replica that is nothing but a number of steps and a value. */
  private static final class Counter implements Replica {
    private final IdGroup group = new IdGroup(1, 1, new Weighted(0.5));
    private long step;
    private long value;

    Counter(long step, long value) {
      this.step = step;
      this.value = value;
    }

    @Override
    public long step() {
      return step;
    }

    @Override
    public boolean isThrough() {
      return false;
    }

    @Override
    public IdGroup group() {
      return group;
    }

    @Override
    public Map<String, Long> arrayHashes() {
      return Map.of("value", value);
    }

    @Override
    public void save(DataOutput out) throws IOException {
      out.writeLong(step);
      out.writeLong(value);
    }

    @Override
    public void load(DataInput in) throws IOException {
      step = in.readLong();
      value = in.readLong();
    }
  }

  private static float[] values(int length, int rank) {
    Random random = new Random(rank);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return values;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void sumsRunInRankOrderAndAllGetTheSameBits(boolean oneAtATime) throws Exception {
    for (int length : new int[] {0, 1, 2, 3, 4, 1000}) {
      List<float[]> sums =
          ThreadExchange.together(
              3,
              oneAtATime,
              exchange -> {
                float[] values = values(length, exchange.rank());
                exchange.allReduceSum(values, GroupExchange.Wire.exact);
                return values;
              });
      float[] wanted = new float[length];
      for (int i = 0; i < length; i++) {
        wanted[i] = values(length, 0)[i] + values(length, 1)[i] + values(length, 2)[i];
      }
      assertThat(sums).hasSize(3).allSatisfy(sum -> assertThat(sum).isEqualTo(wanted));
    }
  }

  @Test
  void everyoneGetsEveryPartInRankOrder() throws Exception {
    List<List<byte[]>> got =
        ThreadExchange.together(
            4,
            false,
            exchange -> {
              List<byte[]> last = List.of();
              for (int i = 0; i < 2000; i++) {
                last = exchange.allGather(new byte[] {(byte) i, (byte) exchange.rank()});
                for (int rank = 0; rank < 4; rank++) {
                  assertThat(last.get(rank)).containsExactly((byte) i, (byte) rank);
                }
              }
              return last;
            });
    assertThat(got).hasSize(4);
  }

  @Test
  void everyoneMeetsEveryoneAndBeginsAndRejoins() throws Exception {
    ThreadExchange.together(
        3,
        false,
        exchange -> {
          assertThat(exchange.begin(new Counter(0, 0))).isTrue();
          assertThat(exchange.rejoin()).isTrue();
          List<byte[]> all = exchange.meet(new byte[] {(byte) exchange.rank()});
          assertThat(all).containsExactly(new byte[] {0}, new byte[] {1}, new byte[] {2});
          return null;
        });
  }

  @Test
  void thoseThatAreBehindTakeOverTheStateOfTheMostAdvanced() throws Exception {
    long[] steps = {-1, 7, 3};
    List<Counter> counters =
        ThreadExchange.together(
            3,
            false,
            exchange -> {
              long step = steps[exchange.rank()];
              Counter counter = new Counter(step, 100 + step);
              exchange.begin(counter);
              return counter;
            });
    for (Counter counter : counters) {
      assertThat(counter.step).isEqualTo(7);
      assertThat(counter.value).isEqualTo(107);
    }
  }

  @Test
  void differentStatesAtOneStepAreAnError() {
    assertThatThrownBy(
            () ->
                ThreadExchange.together(
                    2,
                    false,
                    exchange -> {
                      Counter counter = new Counter(5, 0);
                      long[] ids = {exchange.rank()};
                      FloatRows row = FloatRows.of(new float[] {1}, 1, 1);
                      counter.group.commit(counter.group.propose(ids, row));
                      exchange.begin(counter);
                      return null;
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("at step 5 with different groups");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void theFailureOfOneEndsAllAndIsTheOneReported(int failing) {
    AtomicInteger ended = new AtomicInteger();
    assertThatThrownBy(
            () ->
                ThreadExchange.together(
                    3,
                    failing == 1,
                    exchange -> {
                      try {
                        for (int i = 0; ; i++) {
                          if (exchange.rank() == failing && i == 50) {
                            throw new IOException("the disk of rank " + failing);
                          }
                          exchange.meet(new byte[0]);
                        }
                      } finally {
                        ended.incrementAndGet();
                      }
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage("the disk of rank " + failing);
    assertThat(ended).hasValue(3);
  }

  @Test
  void oneAtATimeComputesWhileTheOthersWait() throws Exception {
    AtomicInteger computing = new AtomicInteger();
    List<Integer> most = new ArrayList<>();
    ThreadExchange.together(
        3,
        true,
        exchange -> {
          for (int i = 0; i < 200; i++) {
            int now = computing.incrementAndGet();
            synchronized (most) {
              most.add(now);
            }
            Thread.yield();
            computing.decrementAndGet();
            exchange.allGather(new byte[0]);
          }
          return null;
        });
    assertThat(most).hasSize(600).containsOnly(1);
  }
}
