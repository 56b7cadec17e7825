package ffc.idgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IdGroupTest {
  private static FloatRows rows(float... values) {
    return FloatRows.of(values, values.length / 2, 2);
  }

  @Test
  void refusesAStaleProposal() {
    IdGroup group = new IdGroup(3, 2, new Weighted(0.5));
    Proposal a = group.propose(new long[] {1}, rows(1, 0));
    group.commit(group.propose(new long[] {2}, rows(0, 1)));
    assertThatIllegalStateException().isThrownBy(() -> group.commit(a));
    assertThatIllegalStateException().isThrownBy(() -> a.slots(new long[] {1}));
  }

  @Test
  void refusesAnotherGroupsProposal() {
    IdGroup group = new IdGroup(3, 2, new Weighted(0.5));
    Proposal other = new IdGroup(3, 2, new Weighted(0.5)).propose(new long[] {1}, rows(1, 0));
    assertThatIllegalStateException().isThrownBy(() -> group.commit(other));
  }

  @Test
  void refusesABatchWithMoreIdentitiesThanSlots() {
    IdGroup group = new IdGroup(2, 2, new Weighted(0.5));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> group.propose(new long[] {1, 2, 3}, rows(1, 0, 0, 1, 1, 0)))
        .withMessageContaining("distinct identities than the group has slots (2)");
    assertThat(group.propose(new long[] {1, 2, 1}, rows(1, 0, 0, 1, 1, 0)).occupied()).isEqualTo(2);
  }

  @Test
  void refusesFeaturesOfAnotherShapeOrPrecision() {
    IdGroup group = new IdGroup(2, 2, new Weighted(0.5));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> group.propose(new long[] {1, 2}, rows(1, 0)))
        .withMessageContaining("got [1, 2] of 4 bytes each for 2 images, wanted [2, 2] of 4 bytes");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> group.propose(new long[] {1}, new DoubleRows(1, 2)))
        .withMessageContaining("got [1, 2] of 8 bytes each");
  }

  @Test
  void neverCommitsARowThatIsNotFinite() {
    for (UpdateRule rule : new UpdateRule[] {new Weighted(0.5), new TwoRow()}) {
      IdGroup group = new IdGroup(3, 2, rule);
      group.commit(group.propose(new long[] {1}, rows(1, 0)));
      long hash = group.stateHash();
      Proposal bad = group.propose(new long[] {2, 1}, rows(0, 1, Float.NaN, 0));
      assertThatIllegalArgumentException().isThrownBy(() -> group.commit(bad));
      assertThat(group.stateHash()).isEqualTo(hash);
    }
  }

  @Test
  void anIdentityEvictedByItsOwnBatchReentersAsFresh() {
    IdGroup group = new IdGroup(2, 2, new Weighted(0.5));
    group.commit(group.propose(new long[] {1, 2}, rows(1, 0, 0, 1)));
    Proposal p = group.propose(new long[] {3, 1}, rows(0, -1, -1, 0));
    assertThat(p.slots(new long[] {1, 2, 3})).containsExactly(1, -1, 0);
    Delta delta = group.commit(p);
    assertThat(delta.evictions()).isEqualTo(2);
    assertThat(((FloatRows) group.row0()).values()).containsExactly(0, -1, -1, 0);
    assertThat(group.contains(2)).isFalse();
    assertThat(group.slotOf(1)).isEqualTo(1);
  }

  @Test
  void tellsWhoIsInWhichSlotAndWhichRowComesNext() {
    Rows row0 = new FloatRows(3, 2);
    IdGroup group = IdGroup.ofEmptySlots(new TwoRow(), row0, new FloatRows(3, 2));
    assertThat(group.row0()).isSameAs(row0);
    group.commit(group.propose(new long[] {7, 9}, rows(1, 0, 0, 1)));
    group.commit(group.propose(new long[] {7}, rows(0, 1)));

    int seven = group.slotOf(7);
    assertThat(group.slotsMostRecentFirst()).containsExactly(seven, group.slotOf(9));
    assertThat(group.idAt(seven)).isEqualTo(7);
    assertThat(group.nextRow(seven)).isZero();
    assertThat(group.nextRow(group.slotOf(9))).isEqualTo(1);
    assertThatThrownBy(() -> group.idAt(2)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void countsHitsInsertionsEvictionsAndAges() {
    IdGroup group = new IdGroup(2, 2, new TwoRow());
    group.commit(group.propose(new long[] {1, 1}, rows(1, 0, 0, 1)));
    group.commit(group.propose(new long[] {2}, rows(1, 0)));
    group.commit(group.propose(new long[] {3}, rows(1, 0)));
    group.commit(group.propose(new long[0], rows()));
    assertThat(group.statistics()).isEqualTo(new GroupStatistics(4, 1, 3, 1, 2, 1.5, 2));
    assertThat(group.statistics().asMap())
        .containsEntry("group_evictions", 1.0)
        .containsEntry("group_age_mean", 1.5);
  }

  @Test
  void replicasFedTheSameBatchesHaveTheSameHash() {
    IdGroup a = new IdGroup(40, 8, new Weighted(0.5));
    IdGroup b = new IdGroup(40, 8, new Weighted(0.5));
    Random random = new Random(4);
    for (int step = 0; step < 50; step++) {
      long[] ids = Batches.ids(random, 20, 90);
      FloatRows features = Batches.floats(Batches.unitRows(random, 20, 8), 8);
      a.commit(a.propose(ids, features));
      b.propose(ids, features);
      b.commit(b.propose(ids, features));
      assertThat(a.stateHash()).isEqualTo(b.stateHash());
    }
    ((FloatRows) b.row0()).values()[77] += 1e-7f;
    assertThat(a.stateHash()).isNotEqualTo(b.stateHash());
    assertThat(a.slotHash(9)).isNotEqualTo(b.slotHash(9));
  }

  @Test
  void saysWhichSlotsGetAnotherIdentityAndWithWhichRows() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (UpdateRule rule : new UpdateRule[] {new Weighted(0.3), new Weighted(1), new TwoRow()}) {
      IdGroup group = new IdGroup(6, 4, rule);
      for (int step = 0; step < 50; step++) {
        long[] ids = random.longs(5, 0, 9).toArray();
        FloatRows features = Batches.floats(Batches.unitRows(random, 5, 4), 4);
        long[] before = new long[group.occupied()];
        for (int slot = 0; slot < before.length; slot++) {
          before[slot] = group.idAt(slot);
        }
        Proposal proposal = group.propose(ids, features);
        Patch entered = proposal.entered();
        group.commit(proposal);
        List<Integer> changed = new ArrayList<>();
        for (int slot = 0; slot < group.occupied(); slot++) {
          if (slot >= before.length || before[slot] != group.idAt(slot)) {
            changed.add(slot);
          }
        }
        assertThat(Arrays.stream(entered.slots()).boxed())
            .as("seed %d, step %d, %s", seed, step, rule)
            .containsExactlyInAnyOrderElementsOf(changed);
        for (int i = 0; i < entered.slots().length; i++) {
          assertThat(entered.rows().hashRow(i)).isEqualTo(group.row0().hashRow(entered.slots()[i]));
        }
      }
    }
  }
}
