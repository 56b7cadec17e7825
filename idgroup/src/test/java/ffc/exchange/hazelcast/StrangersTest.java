package ffc.exchange.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Members that are there and do not belong: without the secret, of another run, not yet ready. */
@Timeout(180)
@Tag("slow")
@Tag("faults")
class StrangersTest {
  /** What a member without the secret shows of itself. */
  enum Card {
    NONE(Map.of()),
    NO_NUMBER(Map.of("protocol", "3", "rank", "abc", "incarnation", "x", "run", "r", "proof", "")),
    INCOMPLETE(Map.of("protocol", "3", "rank", "5")),
    RANK_0(Map.of("protocol", "3", "rank", "0", "incarnation", "x", "run", "r", "proof", "")),
    STORAGE(Map.of("protocol", "3", "rank", "-1", "incarnation", "x", "run", "", "proof", "aa"));

    private final Map<String, String> attributes;

    Card(Map<String, String> attributes) {
      this.attributes = attributes;
    }
  }

  private static HazelcastInstance stranger(ClusterConfig place, Card card) {
    Config settings = new Config();
    settings.setClusterName(place.name());
    settings
        .setProperty("hazelcast.logging.type", "none")
        .setProperty("hazelcast.phone.home.enabled", "false")
        .setProperty("hazelcast.shutdownhook.enabled", "false")
        .setProperty("hazelcast.wait.seconds.before.join", "0")
        .setProperty("hazelcast.partition.count", "31")
        .setProperty("hazelcast.merge.first.run.delay.seconds", "1")
        .setProperty("hazelcast.merge.next.run.delay.seconds", "1");
    NetworkConfig network = settings.getNetworkConfig();
    network.setPort(place.port()).setPortAutoIncrement(false);
    network.getInterfaces().setEnabled(true).addInterface("127.0.0.1");
    JoinConfig join = network.getJoin();
    join.getMulticastConfig().setEnabled(false);
    join.getAutoDetectionConfig().setEnabled(false);
    join.getTcpIpConfig().setEnabled(true).setMembers(place.members());
    settings.getIntegrityCheckerConfig().setEnabled(false);
    card.attributes.forEach(
        (key, value) -> settings.getMemberAttributeConfig().setAttribute("ffc." + key, value));
    return Hazelcast.newHazelcastInstance(settings);
  }

  /** Overwrites everything that trainers read of each other. */
  private static void spoil(HazelcastInstance stranger, Object junk) {
    stranger.getMap("plans").set("plan", junk);
    for (int rank = 0; rank < 2; rank++) {
      stranger.getMap("reports").set(rank, junk);
    }
    for (Object incarnation : stranger.getMap("departures").keySet()) {
      stranger.getMap("departures").set(incarnation, junk);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRunGoesOnAndReplacesALostTrainerWhateverAStrangerShowsAndWrites(Card card)
      throws Exception {
    try (TestCluster cluster = new TestCluster(2, 2)) {
      cluster.secret = "only the trainers know it";
      SimulatedTrainer survivor = new SimulatedTrainer(SimulatedTrainer.Work.SMALL, true);
      Future<String> goesOn = cluster.run(() -> run(cluster, 0, 0, survivor));
      Future<String> lost =
          cluster.run(
              () -> {
                SimulatedTrainer trainer = new SimulatedTrainer(SimulatedTrainer.Work.SMALL, true);
                try (HazelcastExchange exchange = cluster.join(1, trainer)) {
                  trainer.runTo(exchange, 20, step -> {});
                }
                return "";
              });
      lost.get(90, TimeUnit.SECONDS);
      HazelcastInstance stranger = stranger(cluster.config(1, 2), card);
      try {
        spoil(stranger, new byte[] {1, 2, 3});
        spoil(stranger, "a text");
        SimulatedTrainer replacement = new SimulatedTrainer(SimulatedTrainer.Work.SMALL, false);
        assertThat(run(cluster, 1, 3, replacement)).startsWith("step 60 ");
        assertThat(goesOn.get(90, TimeUnit.SECONDS)).isEqualTo(replacement.fingerprint());
      } finally {
        stranger.getLifecycleService().terminate();
      }
    }
  }

  private static String run(TestCluster cluster, int rank, int port, SimulatedTrainer trainer) {
    try (HazelcastExchange exchange =
        TestCluster.join(cluster.config(rank, port), trainer, line -> {})) {
      trainer.runTo(exchange, 60, step -> {});
      exchange.finish();
    }
    return trainer.fingerprint();
  }

  @Test
  void ofTwoThatStartTogetherWithOtherSettingsOneIsRefusedAndToldInWhat() throws Exception {
    try (TestCluster cluster = new TestCluster(2, 0)) {
      cluster.waitSeconds = 20;
      List<Future<Throwable>> starts = new ArrayList<>();
      for (int rank = 0; rank < 2; rank++) {
        int r = rank;
        starts.add(
            cluster.run(
                () ->
                    catchThrowable(
                        () ->
                            TestCluster.join(
                                cluster.config(r, r),
                                TestCluster.run("c" + r, "d1"),
                                new SimulatedTrainer(SimulatedTrainer.Work.SMALL, true),
                                line -> {}))));
      }
      List<String> messages = new ArrayList<>();
      for (Future<Throwable> start : starts) {
        messages.add(start.get(90, TimeUnit.SECONDS).getMessage());
      }
      assertThat(messages)
          .anySatisfy(m -> assertThat(m).containsPattern("does not fit: config is c. there, c. h"))
          .anySatisfy(m -> assertThat(m).contains("1 of 2 trainers are there, missing rank"));
    }
  }

  @Test
  void whoIsThereButHasNotReportedOrDoesNotFitIsNamed() {
    try (TestCluster cluster = new TestCluster(2, 1)) {
      cluster.waitSeconds = 3;
      List<String> lines = Collections.synchronizedList(new ArrayList<>());
      HazelcastInstance stranger = stranger(cluster.config(1, 2), Card.NONE);
      try (ClusterMember silent =
          ClusterMember.trainer(cluster.config(1, 1), TestCluster.run("c1", "d1"))) {
        Throwable failure =
            catchThrowable(
                () ->
                    TestCluster.join(
                        cluster.config(0, 0),
                        TestCluster.run("c1", "d1"),
                        new SimulatedTrainer(SimulatedTrainer.Work.SMALL, true),
                        lines::add));
        assertThat(failure)
            .hasMessageContaining("2 of 2 trainers are there, waiting for the report of rank 1")
            .hasMessageContaining("does not fit: it is no member of this program");
        assertThat(silent.isRunning()).isTrue();
      } finally {
        stranger.getLifecycleService().terminate();
      }
    }
  }
}
