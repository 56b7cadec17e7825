package ffc.idgroup;

import java.util.List;
import java.util.stream.IntStream;

/**
 * The group as it would be with a batch of identities entered, expressed by the few rows that
 * differ. Valid until the group's next commit.
 */
public final class Proposal {
  private final IdGroup group;
  private final long version;
  private final Placement placement;
  private final RowChanges changes;

  Proposal(IdGroup group, long version, Placement placement, RowChanges changes) {
    this.group = group;
    this.version = version;
    this.placement = placement;
    this.changes = changes;
  }

  /**
   * The slot of each identity after the proposal; -1 = fresh: not in the group after it, which
   * includes identities that the proposal evicts.
   *
   * @throws IllegalStateException if the group has moved on
   */
  public int[] slots(long[] ids) {
    group.checkCurrent(this);
    int[] slots = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      int entry = placement.entryOfId().get(ids[i]);
      if (entry >= 0) {
        slots[i] = placement.slots()[entry];
      } else {
        int slot = group.slotOf(ids[i]);
        slots[i] = slot >= 0 && placement.entryOfSlot().get(slot) < 0 ? slot : -1;
      }
    }
    return slots;
  }

  /** Occupied slots after the proposal: always the prefix [0, occupied). */
  public int occupied() {
    return placement.occupied();
  }

  /**
   * What each head sees in place of rows of {@link IdGroup#row0}: one patch for {@link Weighted};
   * two for {@link TwoRow}, of which the second also holds row 1 of slots whose row 0 stays.
   */
  public List<Patch> heads() {
    return changes.heads();
  }

  /** The slots that get another identity, and their new rows 0. */
  public Patch entered() {
    Patch changed = changes.row0();
    int[] indices =
        IntStream.range(0, changed.slots().length)
            .filter(i -> placement.inserted()[placement.entryOfSlot().get(changed.slots()[i])])
            .toArray();
    Rows rows = changed.rows().create(indices.length);
    int[] slots = new int[indices.length];
    for (int i = 0; i < indices.length; i++) {
      slots[i] = changed.slots()[indices[i]];
      changed.rows().copyRow(indices[i], rows, i);
    }
    return new Patch(slots, rows);
  }

  IdGroup group() {
    return group;
  }

  long version() {
    return version;
  }

  Placement placement() {
    return placement;
  }

  RowChanges changes() {
    return changes;
  }
}
