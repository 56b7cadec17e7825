package ffc.exchange.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ffc.exchange.EpochEndedException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Trainers that are lost, come late, do not fit or are not there, as members in one process; those
 * in processes of their own, killed, are in {@link FaultTest}.
 */
@Timeout(120)
@Tag("slow")
@Tag("faults")
class ComingAndGoingTest {
  private static final SimulatedTrainer.Work SMALL = SimulatedTrainer.Work.SMALL;

  @Test
  void aLostTrainerIsReplacedAndNoCommittedStepIsLost() throws Exception {
    try (TestCluster cluster = new TestCluster(2, 1)) {
      Future<SimulatedTrainer> survivor = cluster.run(() -> cluster.train(0, 0, 60, 60));
      Future<SimulatedTrainer> lost = cluster.run(() -> cluster.train(1, 1, 20, 60));
      lost.get(90, TimeUnit.SECONDS);
      SimulatedTrainer replacement = new SimulatedTrainer(SMALL, false);
      try (HazelcastExchange exchange =
          TestCluster.join(cluster.config(1, 2), replacement, line -> {})) {
        // The lost one had the survivor's part of step 20, so that one has made step 19. Its own
        // part may have been lost with it, and then nobody who is left has made step 20.
        assertThat(exchange.startStep()).isGreaterThanOrEqualTo(19);
        assertThat(exchange.epoch()).isEqualTo(2);
        replacement.runTo(exchange, 60, step -> {});
        exchange.finish();
      }
      assertThat(TestCluster.fingerprint(survivor)).isEqualTo(replacement.fingerprint());
    }
  }

  @Test
  void withShrinkTheOthersGoOnAndALateJoinerComesInAtAStep() throws Exception {
    try (TestCluster cluster = new TestCluster(3, 1)) {
      cluster.onLoss = ClusterConfig.OnLoss.shrink;
      CountDownLatch survivorsWentOn = new CountDownLatch(2);
      CompletableFuture<Long> last = new CompletableFuture<>();
      List<Future<SimulatedTrainer>> survivors = new ArrayList<>();
      for (int rank = 0; rank < 2; rank++) {
        int r = rank;
        survivors.add(
            cluster.run(
                () -> {
                  SimulatedTrainer trainer = new SimulatedTrainer(SMALL, true);
                  try (HazelcastExchange exchange = cluster.join(r, trainer)) {
                    trainer.runTo(exchange, 30, step -> {});
                    assertThat(exchange.trainers()).isEqualTo(2);
                    survivorsWentOn.countDown();
                    while (exchange.trainers() < 3) { // the late one needs its time to be seen
                      trainer.runTo(exchange, trainer.step() + 1, step -> {});
                    }
                    // The same for all, also if one more epoch begins meanwhile.
                    trainer.runTo(exchange, last.get(90, TimeUnit.SECONDS), step -> {});
                    exchange.finish();
                  }
                  return trainer;
                }));
      }
      Future<SimulatedTrainer> lost = cluster.run(() -> cluster.train(2, 2, 10, 120));
      lost.get(90, TimeUnit.SECONDS);
      assertThat(survivorsWentOn.await(90, TimeUnit.SECONDS)).isTrue();
      SimulatedTrainer late = new SimulatedTrainer(SMALL, false);
      try (HazelcastExchange exchange = TestCluster.join(cluster.config(2, 3), late, line -> {})) {
        assertThat(exchange.trainers()).isEqualTo(3);
        assertThat(exchange.startStep()).isGreaterThanOrEqualTo(30);
        last.complete(exchange.startStep() + 90);
        late.runTo(exchange, last.join(), step -> {});
        exchange.finish();
      }
      assertThat(late.coverageIsExact()).isTrue();
      for (Future<SimulatedTrainer> survivor : survivors) {
        assertThat(TestCluster.fingerprint(survivor)).isEqualTo(late.fingerprint());
      }
    }
  }

  @Test
  void aSilentTrainerIsNamedAfterTheDeadline() throws Exception {
    try (TestCluster cluster = new TestCluster(2, 0)) {
      cluster.deadlineSeconds = 1;
      SimulatedTrainer silent = new SimulatedTrainer(SMALL, true);
      Future<HazelcastExchange> joined = cluster.run(() -> cluster.join(1, silent));
      SimulatedTrainer trainer = new SimulatedTrainer(SMALL, true);
      try (HazelcastExchange exchange = cluster.join(0, trainer);
          HazelcastExchange there = joined.get(60, TimeUnit.SECONDS)) {
        assertThat(there.rank()).isEqualTo(1);
        assertThatThrownBy(() -> trainer.step(exchange))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("rank 1 has sent nothing for step 0 within 1 s");
      }
    }
  }

  @Test
  void membersThatDoNotFitAreRefusedWithTheReason() throws Exception {
    try (TestCluster cluster = new TestCluster(2, 1)) {
      cluster.secret = "right";
      cluster.waitSeconds = 20;
      SimulatedTrainer trainer = new SimulatedTrainer(SMALL, true);
      Future<SimulatedTrainer> first =
          cluster.run(
              () -> {
                try (HazelcastExchange exchange = cluster.join(0, trainer)) {
                  trainer.runTo(exchange, 3, step -> {});
                  exchange.finish();
                }
                return trainer;
              });
      // A storage member of the right kind tells when the first trainer is up.
      try (ClusterMember storage = ClusterMember.storage(cluster.config(0, 2))) {
        while (storage.size() < 2) {
          Thread.onSpinWait();
        }
        refused(cluster.config(0, 1), TestCluster.run("c1", "d1"), "it has cluster.rank 0 too");
        refused(cluster.config(1, 1), TestCluster.run("c1", "d2"), "data is d1 there, d2 here");
        cluster.secret = "wrong";
        refused(cluster.config(1, 1), TestCluster.run("c1", "d1"), "cluster.secret differs");
        cluster.secret = null;
        refused(cluster.config(1, 1), TestCluster.run("c1", "d1"), "cluster.secret differs");
        cluster.secret = "right";
        cluster.partitions = 13;
        refused(cluster.config(1, 1), TestCluster.run("c1", "d1"), "have other cluster.partitions");
        cluster.partitions = null;
        SimulatedTrainer second = new SimulatedTrainer(SMALL, true);
        try (HazelcastExchange exchange = cluster.join(1, second)) {
          second.runTo(exchange, 3, step -> {});
          exchange.finish();
        }
        assertThat(TestCluster.fingerprint(first)).isEqualTo(second.fingerprint());
      }
    }
  }

  private static void refused(ClusterConfig config, RunIdentity run, String reason) {
    SimulatedTrainer replica = new SimulatedTrainer(SMALL, true);
    assertThatThrownBy(() -> TestCluster.join(config, run, replica, line -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }

  /** The first has done all there was to do, one is killed, one has not heard of it yet. */
  @Test
  void whoMissesTheLastCallOfARunLearnsThatItIsThroughAndWaitsForNobody() throws Exception {
    try (TestCluster cluster = new TestCluster(3, 0)) {
      CountDownLatch arrived = new CountDownLatch(2);
      CountDownLatch lost = new CountDownLatch(1);
      List<Future<Boolean>> others = new ArrayList<>();
      for (int rank = 0; rank < 2; rank++) {
        int r = rank;
        others.add(
            cluster.run(
                () -> {
                  SimulatedTrainer trainer = new SimulatedTrainer(SMALL, true);
                  try (HazelcastExchange exchange = cluster.join(r, trainer)) {
                    trainer.runTo(exchange, 20, step -> {});
                    arrived.countDown();
                    lost.await();
                    boolean heard = r == 0 || hears(exchange);
                    boolean goesOn = !heard && exchange.rejoin();
                    exchange.finish();
                    return heard || goesOn;
                  }
                }));
      }
      SimulatedTrainer killed = new SimulatedTrainer(SMALL, true);
      try (HazelcastExchange exchange = cluster.join(2, killed)) {
        killed.runTo(exchange, 20, step -> {});
        // Killed while another is in step 19 still, it would end that step for the other.
        assertThat(arrived.await(60, TimeUnit.SECONDS)).isTrue();
      }
      lost.countDown();
      assertThat(others.get(0).get(60, TimeUnit.SECONDS)).isTrue();
      assertThat(others.get(1).get(60, TimeUnit.SECONDS)).as("heard or goes on").isFalse();
    }
  }

  private static boolean hears(HazelcastExchange exchange) {
    try {
      exchange.meet(new byte[0]);
      return true;
    } catch (EpochEndedException e) {
      return false;
    }
  }

  /** Whoever goes on trying in an epoch that has ended must not pile up calls to those who left. */
  @Test
  void anEndedEpochSendsNothing() throws Exception {
    try (TestCluster cluster = new TestCluster(2, 0)) {
      Future<SimulatedTrainer> other = cluster.run(() -> cluster.train(1, 1, 20, 60));
      SimulatedTrainer trainer = new SimulatedTrainer(SMALL, true);
      try (HazelcastExchange exchange = cluster.join(0, trainer)) {
        assertThatThrownBy(
                () -> {
                  while (trainer.step() < 60) {
                    trainer.step(exchange);
                  }
                })
            .isInstanceOf(EpochEndedException.class);
        other.get(90, TimeUnit.SECONDS);
        long sent = exchange.bytesSent();
        for (int i = 0; i < 10; i++) {
          assertThatThrownBy(() -> trainer.step(exchange)).isInstanceOf(EpochEndedException.class);
        }
        assertThat(exchange.bytesSent()).isEqualTo(sent);
      }
    }
  }

  @Test
  void whoIsStartedAgainAfterTheEndOfItsRunWaitsForNobody() {
    try (TestCluster cluster = new TestCluster(3, 0)) {
      SimulatedTrainer trainer = new SimulatedTrainer(SMALL, true);
      trainer.through = true;
      List<String> lines = new ArrayList<>();
      RunIdentity run = TestCluster.run("c1", "d1");
      try (HazelcastExchange exchange =
          HazelcastExchange.connect(cluster.config(0, 0), run, lines::add, () -> false)) {
        assertThat(exchange.begin(trainer)).isFalse();
        exchange.finish();
      }
      assertThat(lines).isEmpty();
    }
  }

  @Test
  void anIncompleteRunSaysWhoIsMissing() {
    try (TestCluster cluster = new TestCluster(2, 0)) {
      cluster.waitSeconds = 1;
      List<String> lines = new ArrayList<>();
      SimulatedTrainer trainer = new SimulatedTrainer(SMALL, true);
      assertThatThrownBy(
              () ->
                  TestCluster.join(
                      cluster.config(0, 0), TestCluster.run("c", "d"), trainer, lines::add))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("1 of 2 trainers are there, missing rank 1");
      assertThat(lines).containsExactly("1 of 2 trainers are there, missing rank 1");
    }
  }
}
