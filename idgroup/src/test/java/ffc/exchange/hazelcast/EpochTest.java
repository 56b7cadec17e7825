package ffc.exchange.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ffc.exchange.EpochEndedException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class EpochTest {
  private static final int PATIENCE = 2;

  private final List<ClusterMember> members = new ArrayList<>();
  private final List<Epoch> epochs = new ArrayList<>();
  private TestCluster cluster;

  @BeforeEach
  void beginWithThree() throws InterruptedException {
    cluster = new TestCluster(3, 0);
    cluster.deadlineSeconds = PATIENCE;
    List<Plan.Part> parts = new ArrayList<>();
    for (int rank = 0; rank < 3; rank++) {
      RunIdentity run = TestCluster.run("c1", "d1");
      ClusterMember member = ClusterMember.trainer(cluster.config(rank, rank), run);
      members.add(member);
      parts.add(new Plan.Part(rank, member.card().incarnation(), false));
    }
    for (int tries = 0; members.stream().anyMatch(m -> m.trainers().size() < 3); tries++) {
      assertThat(tries).as("members find each other").isLessThan(600);
      Thread.sleep(100);
    }
    Plan plan = new Plan(1, 77, 0, 0, 0, parts, "");
    members.forEach(member -> epochs.add(new Epoch(member, plan)));
  }

  @AfterEach
  void endAll() {
    members.forEach(ClusterMember::close);
    cluster.close();
  }

  private void send(int from, int to, long step) {
    ByteBuffer frame = epochs.get(from).begin(Frames.GROUP, step, 0, 4).putInt(from);
    epochs.get(from).send(to, members.get(from).frames().seal(frame));
  }

  /** Steps from one on, until one fails. */
  private Future<Throwable> steps(int rank, long from) {
    Epoch epoch = epochs.get(rank);
    return cluster.run(
        () ->
            catchThrowable(
                () -> {
                  for (long step = from; ; step++) {
                    epoch.atStep(step);
                    ByteBuffer frame = epoch.begin(Frames.GROUP, step, 0, 4).putInt(rank);
                    epoch.gather(Frames.GROUP, step, frame, PATIENCE);
                  }
                }));
  }

  private static void assertNamesRank2(Future<Throwable> failure, long step) throws Exception {
    assertThat(failure.get(60, TimeUnit.SECONDS))
        .isInstanceOf(IllegalStateException.class)
        .isNotInstanceOf(EpochEndedException.class)
        .hasMessage(
            "cluster: rank 2 has sent nothing for step %d within %d s (cluster.deadlineSeconds);"
                + " it is there, but silent",
            step, PATIENCE);
  }

  @Test
  void oneThatFallsSilentBetweenTwoOfItsRecordsIsNamedByAll() throws Exception {
    send(2, 1, 40); // and none to rank 0
    Future<Throwable> behind = steps(0, 40);
    Future<Throwable> ahead = steps(1, 40);
    assertNamesRank2(behind, 40);
    assertNamesRank2(ahead, 40);
  }

  @Test
  void whoeverIsPatientLearnsOfAnothersComplaint() throws Exception {
    Future<Throwable> patient =
        cluster.run(
            () ->
                catchThrowable(
                    () -> {
                      ByteBuffer frame = epochs.get(1).begin(Frames.GATHER, 0, 0, 0);
                      epochs.get(1).gather(Frames.GATHER, 0, frame, Integer.MAX_VALUE);
                    }));
    Future<Throwable> impatient = steps(0, 40);
    assertThat(impatient.get(60, TimeUnit.SECONDS)).hasMessageContaining("has sent nothing");
    assertThat(patient.get(60, TimeUnit.SECONDS)).hasMessageContaining("has sent nothing");
  }

  @Test
  void oneThatWakesUpWhileTheOthersGiveUpIsStillTheOneNamed() throws Exception {
    Future<Throwable> first = steps(0, 40);
    Future<Throwable> second = steps(1, 40);
    Thread.sleep(PATIENCE * 1000 + 300);
    Future<Throwable> late = steps(2, 40);
    assertNamesRank2(first, 40);
    assertNamesRank2(second, 40);
    assertThat(late.get(60, TimeUnit.SECONDS)).hasMessageContaining("rank 2 has sent nothing");
  }

  @Test
  void oneThatWakesUpLateLearnsThatTheOthersHaveGivenUp() throws Exception {
    Future<Throwable> first = steps(0, 40);
    Future<Throwable> second = steps(1, 40);
    assertNamesRank2(first, 40);
    assertNamesRank2(second, 40);
    assertThat(steps(2, 40).get(60, TimeUnit.SECONDS))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("rank 2 has sent nothing for step 40 within 2 s")
        .hasMessageEndingWith("it is this trainer, and the others have given up");
  }
}
