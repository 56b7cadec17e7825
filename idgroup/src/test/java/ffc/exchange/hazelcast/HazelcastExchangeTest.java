package ffc.exchange.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.exchange.GroupExchange;
import ffc.exchange.LocalExchange;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What trainers tell each other as members in one process; who comes and goes: {@link
 * ComingAndGoingTest}.
 */
@Timeout(120)
@Tag("slow")
@Tag("faults")
class HazelcastExchangeTest {
  private static final SimulatedTrainer.Work SMALL = SimulatedTrainer.Work.SMALL;

  @Test
  void threeTrainersComputeWhatOneOfTripleBatchComputes() throws Exception {
    SimulatedTrainer alone =
        new SimulatedTrainer(new SimulatedTrainer.Work(60, 8, 18, 500, 1000), true);
    for (int i = 0; i < 40; i++) {
      alone.step(new LocalExchange());
    }
    try (TestCluster cluster = new TestCluster(3, 0)) {
      cluster.secret = "a secret";
      List<Future<SimulatedTrainer>> running = new ArrayList<>();
      for (int rank = 0; rank < 3; rank++) {
        int r = rank;
        running.add(
            cluster.run(
                () -> {
                  SimulatedTrainer trainer = new SimulatedTrainer(SMALL, true);
                  try (HazelcastExchange exchange = cluster.join(r, trainer)) {
                    assertThat(exchange.trainers()).isEqualTo(3);
                    assertThat(exchange.rank()).isEqualTo(r);
                    trainer.runTo(exchange, 40, step -> {});
                    exchange.finish();
                  }
                  return trainer;
                }));
      }
      for (Future<SimulatedTrainer> trainer : running) {
        assertThat(TestCluster.fingerprint(trainer)).isEqualTo(alone.fingerprint());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(ClusterConfig.WirePrecision.class)
  void allReduceGivesEveryTrainerTheSameSums(ClusterConfig.WirePrecision precision)
      throws Exception {
    int[] lengths = {1, 2, 5, 1000, 3 * (1 << 18) + 7, 2_000_000, 0};
    try (TestCluster cluster = new TestCluster(3, 0)) {
      cluster.gradients = precision;
      List<Future<List<float[]>>> running = new ArrayList<>();
      for (int rank = 0; rank < 3; rank++) {
        int r = rank;
        running.add(
            cluster.run(
                () -> {
                  List<float[]> sums = new ArrayList<>();
                  SimulatedTrainer replica = new SimulatedTrainer(SMALL, true);
                  try (HazelcastExchange exchange = cluster.join(r, replica)) {
                    for (int length : lengths) {
                      sums.add(values(length, r));
                      exchange.allReduceSum(
                          sums.get(sums.size() - 1), GroupExchange.Wire.gradients);
                    }
                    List<byte[]> all = exchange.allGather(new byte[] {(byte) (10 + r)});
                    assertThat(all).containsExactly(new byte[][] {{10}, {11}, {12}});
                    exchange.finish();
                  }
                  return sums;
                }));
      }
      List<float[]> first = running.get(0).get(90, TimeUnit.SECONDS);
      for (int i = 0; i < lengths.length; i++) {
        for (Future<List<float[]>> other : running) {
          assertThat(Arrays.equals(other.get(90, TimeUnit.SECONDS).get(i), first.get(i)))
              .as("length %d", lengths[i])
              .isTrue();
        }
        float[] a = values(lengths[i], 0);
        float[] b = values(lengths[i], 1);
        float[] c = values(lengths[i], 2);
        float worst = 0;
        for (int j = 0; j < lengths[i]; j++) {
          worst = Math.max(worst, Math.abs(first.get(i)[j] - (a[j] + b[j] + c[j])));
        }
        assertThat(worst)
            .as("length %d", lengths[i])
            .isLessThanOrEqualTo(precision == ClusterConfig.WirePrecision.fp32 ? 0 : 0.016f);
      }
    }
  }

  // Members that come and go make Hazelcast move its partitions, which repeats and reorders calls.
  @Test
  void gradientsTravelUndisturbedWhileStorageMembersComeAndGo() throws Exception {
    try (TestCluster cluster = new TestCluster(2, 3)) {
      AtomicBoolean enough = new AtomicBoolean();
      AtomicInteger calls = new AtomicInteger();
      List<Future<Long>> running = new ArrayList<>();
      for (int rank = 0; rank < 2; rank++) {
        int r = rank;
        running.add(
            cluster.run(
                () -> {
                  SimulatedTrainer replica = new SimulatedTrainer(SMALL, true);
                  try (HazelcastExchange exchange = cluster.join(r, replica)) {
                    byte[] more = {1};
                    while (more[0] == 1) {
                      float[] sums = new float[4 * 2 * (1 << 18) + 5];
                      Arrays.fill(sums, r + 1);
                      exchange.allReduceSum(sums, GroupExchange.Wire.exact);
                      float[] wanted = new float[sums.length];
                      Arrays.fill(wanted, 3);
                      assertThat(Arrays.equals(sums, wanted)).isTrue();
                      calls.incrementAndGet();
                      more[0] = (byte) (enough.get() ? 0 : 1);
                      more = exchange.allGather(more).get(0);
                    }
                    exchange.finish();
                    return exchange.epoch();
                  }
                }));
      }
      for (int round = 0; round < 3; round++) {
        List<ClusterMember> members = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          int before = calls.get();
          members.add(ClusterMember.storage(cluster.config(0, 2 + i)));
          while (calls.get() < before + 4 && running.stream().noneMatch(Future::isDone)) {
            Thread.onSpinWait();
          }
        }
        members.forEach(ClusterMember::close);
      }
      enough.set(true);
      for (Future<Long> trainer : running) {
        assertThat(trainer.get(90, TimeUnit.SECONDS)).as("epochs").isEqualTo(1);
      }
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

  @Test
  void differingReplicasAreAnErrorThatNamesTheSlot() throws Exception {
    assertDifferenceIsFound(
        trainer -> ((ffc.idgroup.FloatRows) trainer.group().row0()).values()[3 * 8 + 2] += 1e-6f,
        "the first slot that differs is 3");
  }

  @Test
  void differingNetworksAreAnErrorThatNamesTheArray() throws Exception {
    assertDifferenceIsFound(
        SimulatedTrainer::spoilParameter, "the first array that differs is parameters");
  }

  private static void assertDifferenceIsFound(Consumer<SimulatedTrainer> spoil, String error)
      throws Exception {
    try (TestCluster cluster = new TestCluster(2, 0)) {
      List<Future<Object>> running = new ArrayList<>();
      for (int rank = 0; rank < 2; rank++) {
        int r = rank;
        running.add(
            cluster.run(
                () -> {
                  SimulatedTrainer trainer = new SimulatedTrainer(SMALL, true);
                  try (HazelcastExchange exchange = cluster.join(r, trainer)) {
                    trainer.runTo(exchange, 7, step -> {});
                    if (r == 1) {
                      spoil.accept(trainer);
                    }
                    // Slots that are written in between would hide the difference.
                    trainer.runTo(exchange, 20, step -> {});
                  }
                  return trainer;
                }));
      }
      for (Future<Object> trainer : running) {
        assertThatThrownBy(() -> trainer.get(60, TimeUnit.SECONDS))
            .hasCauseInstanceOf(IllegalStateException.class)
            .hasMessageContaining("the replicas of ranks 0 and 1 differ before step 10; " + error);
      }
    }
  }

  /** More blocks than may be under way, to a trainer that comes in; afterwards nothing is left. */
  @Test
  void aStateOfManyBlocksTravelsFromMemberToMember() throws Exception {
    SimulatedTrainer.Work large = new SimulatedTrainer.Work(60, 8, 6, 500, 6_000_000);
    try (TestCluster cluster = new TestCluster(2, 0)) {
      Future<String> source =
          cluster.run(
              () -> {
                SimulatedTrainer trainer = new SimulatedTrainer(large, true);
                trainer.step(new LocalExchange());
                try (HazelcastExchange exchange = cluster.join(0, trainer)) {
                  exchange.meet(new byte[0]);
                  exchange.finish();
                }
                return trainer.fingerprint();
              });
      SimulatedTrainer loads = new SimulatedTrainer(large, false);
      try (HazelcastExchange exchange = cluster.join(1, loads)) {
        exchange.meet(new byte[0]);
        exchange.finish();
        assertThat(exchange.heldInTheCluster()).containsOnly("plans", "reports", "departures");
      }
      assertThat(source.get(90, TimeUnit.SECONDS)).isEqualTo(loads.fingerprint());
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void listensOnTheConfiguredInterfaceAlone() throws Exception {
    try (TestCluster cluster = new TestCluster(1, 0);
        HazelcastExchange exchange = cluster.join(0, new SimulatedTrainer(SMALL, true))) {
      assertThat(exchange.trainers()).isEqualTo(1);
      String port = String.format(":%04X", cluster.ports().get(0));
      List<String> listening = new ArrayList<>();
      for (String table : List.of("tcp", "tcp6")) {
        for (String line : Files.readAllLines(Path.of("/proc/self/net", table))) {
          String[] fields = line.trim().split("\\s+");
          if (fields[1].endsWith(port) && fields[3].equals("0A")) {
            listening.add(fields[1]);
          }
        }
      }
      // 127.0.0.1, plain or as an IPv6 address.
      assertThat(listening)
          .isNotEmpty()
          .allMatch(address -> address.matches("(0{16}F{4}0{4}|0{16}0{4}F{4})?0100007F:.*"));
    }
  }
}
