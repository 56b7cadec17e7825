package ffc.exchange.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanMakerTest {
  private static final Plan LAST = new Plan(3, 1, 10, 0, 0, List.of(), "");

  private static ClusterConfig config(int trainers, int storage, ClusterConfig.OnLoss onLoss) {
    return ClusterConfigBuilder.builder()
        .trainers(trainers)
        .rank(0)
        .onLoss(onLoss)
        .storageMembers(storage)
        .build();
  }

  private static boolean goesOn(ClusterConfig config, Plan last, int trainersBits, int storage) {
    List<MemberCard> present = new ArrayList<>();
    for (int rank = 0; rank < config.trainers(); rank++) {
      if ((trainersBits >> rank & 1) != 0) {
        present.add(new MemberCard(rank, "incarnation " + rank, "", ""));
      }
    }
    return new PlanMaker(config, () -> storage)
        .make(last, present, rank -> new Report("incarnation " + rank, 10, 0, last.epoch()))
        .isPresent();
  }

  /** Every way to cut a run in two, also with more storage members than were configured. */
  @ParameterizedTest
  @CsvSource({
    "2, 0, 0", "2, 1, 1", "2, 2, 2", "3, 1, 1", "3, 2, 2", "4, 3, 3", "2, 0, 2", "3, 1, 3"
  })
  void neverDoBothSidesOfASplitGoOn(int trainers, int configured, int storage) {
    ClusterConfig config = config(trainers, configured, ClusterConfig.OnLoss.shrink);
    boolean sometimes = false;
    for (int side = 0; side < 1 << trainers; side++) {
      for (int here = 0; here <= storage; here++) {
        boolean one = goesOn(config, LAST, side, here);
        boolean other = goesOn(config, LAST, (1 << trainers) - 1 & ~side, storage - here);
        assertThat(one && other).as("side %s with %d storage members", side, here).isFalse();
        sometimes |= one;
      }
    }
    assertThat(sometimes).isTrue();
  }

  @Test
  void aStorageMemberGivesOneOfTwoTrainersTheMajority() {
    ClusterConfig config = config(2, 1, ClusterConfig.OnLoss.shrink);
    assertThat(goesOn(config, LAST, 0b01, 1)).isTrue();
    assertThat(goesOn(config, LAST, 0b10, 0)).isFalse();
  }

  @Test
  void allTrainersTogetherAreEnoughWhateverBecameOfTheStorageMembers() {
    assertThat(goesOn(config(2, 5, ClusterConfig.OnLoss.shrink), LAST, 0b11, 0)).isTrue();
  }

  @Test
  void aRunBeginsWithAllItsTrainersOnly() {
    ClusterConfig config = config(3, 2, ClusterConfig.OnLoss.shrink);
    assertThat(goesOn(config, Plan.NONE, 0b011, 2)).isFalse();
    assertThat(goesOn(config, Plan.NONE, 0b111, 0)).isTrue();
  }

  @Test
  void whoWaitsDoesNotGoOnWithFewer() {
    assertThat(goesOn(config(3, 2, ClusterConfig.OnLoss.wait), LAST, 0b011, 2)).isFalse();
  }

  @Test
  void portsOfStorageMembersFollowThoseOfTheTrainers() {
    ClusterConfig config = ClusterConfigBuilder.builder().trainers(3).rank(1).port(6001).build();
    assertThat(config.storagePort()).isEqualTo(6003);
    assertThat(config.members())
        .containsExactly(
            "127.0.0.1:6000",
            "127.0.0.1:6001",
            "127.0.0.1:6002",
            "127.0.0.1:6003",
            "127.0.0.1:6004");
    assertThat(ClusterConfig.local(2, 1).storagePort()).isEqualTo(5703);
  }
}
