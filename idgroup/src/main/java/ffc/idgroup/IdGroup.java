package ffc.idgroup;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Objects;

// K slots (capacity), E embedding (dim)

/**
 * The ID group: K class features that act as the classifier (method.md calls it the dynamic class
 * pool of the paper). {@link #propose} is pure, {@link #commit} applies. Everything is decided by
 * the order of the calls and their arguments alone, in scalar arithmetic of a fixed order, so
 * replicas fed the same batches stay bit-identical on any machine. Not thread-safe; proposals may
 * be made on several threads while nobody commits.
 */
public final class IdGroup {
  private final UpdateRule rule;
  private final SlotTable table;
  private final Rows row0;

  /** Second row of each slot; null for {@link Weighted}. */
  private final Rows row1;

  /** Row that the next image of each slot's identity writes; null for {@link Weighted}. */
  private final byte[] nextRow;

  /** Whether empty slots hold given rows, which snapshots must then keep. */
  private final boolean filledEmpties;

  private final GroupHistory history;

  /** A group of empty slots in single precision, their rows zero. */
  public IdGroup(int capacity, int dim, UpdateRule rule) {
    this(
        rule,
        new FloatRows(capacity, dim),
        rule.rowsPerSlot() == 2 ? new FloatRows(capacity, dim) : null,
        false);
  }

  /**
   * A group of empty slots that hold the given rows.
   *
   * @param initialRow0 [K, E]; becomes the group's own
   * @param initialRow1 [K, E] of the same precision, becomes the group's own; null for {@link
   *     Weighted}
   */
  public IdGroup(UpdateRule rule, Rows initialRow0, Rows initialRow1) {
    this(rule, initialRow0, initialRow1, true);
  }

  /**
   * A group of empty slots, to keep its rows in the given matrices.
   *
   * @param row0 [K, E]; becomes the group's own
   * @param row1 [K, E] of the same precision, becomes the group's own; null for {@link Weighted}
   */
  public static IdGroup ofEmptySlots(UpdateRule rule, Rows row0, Rows row1) {
    return new IdGroup(rule, row0, row1, false);
  }

  IdGroup(UpdateRule rule, Rows row0, Rows row1, boolean filledEmpties) {
    if ((row1 != null) != (rule.rowsPerSlot() == 2)
        || (row1 != null
            && (row1.elementBytes() != row0.elementBytes()
                || row1.count() != row0.count()
                || row1.dim() != row0.dim()))) {
      throw new IllegalArgumentException(
          "ID group: initial rows 1 must be given for the two-row rule only, and be like rows 0");
    }
    this.rule = rule;
    this.row0 = row0;
    this.row1 = row1;
    this.filledEmpties = filledEmpties;
    table = new SlotTable(row0.count());
    nextRow = row1 == null ? null : new byte[row0.count()];
    history = new GroupHistory(row0.count());
  }

  /** K, the number of slots. */
  public int capacity() {
    return table.capacity();
  }

  /** E, the length of a feature. */
  public int dim() {
    return row0.dim();
  }

  /** Slots that hold an identity: always the prefix [0, occupied). */
  public int occupied() {
    return table.occupied();
  }

  /** The rule of returning identities. */
  public UpdateRule rule() {
    return rule;
  }

  /** Whether an identity is in the group. */
  public boolean contains(long id) {
    return table.slotOf(id) >= 0;
  }

  /** The slot of an identity, or -1. */
  public int slotOf(long id) {
    return table.slotOf(id);
  }

  /** The base matrix of head 1, [K, E]: a live view, read-only for the caller. */
  public Rows row0() {
    return row0;
  }

  /**
   * The second row of each slot, [K, E]: a live view, read-only for the caller.
   *
   * @return null for {@link Weighted}
   */
  public Rows row1() {
    return row1;
  }

  /** Row that the next image of a slot's identity writes: 0 for {@link Weighted}. */
  public int nextRow(int slot) {
    return nextRow == null ? 0 : nextRow[slot];
  }

  /** The occupied slots, most recently used first. */
  public int[] slotsMostRecentFirst() {
    return table.mostRecentFirst();
  }

  /**
   * The identity of a slot.
   *
   * @throws IndexOutOfBoundsException if the slot is not occupied
   */
  public long idAt(int slot) {
    return table.idAt(Objects.checkIndex(slot, table.occupied()));
  }

  /**
   * The group with a batch entered, without changing it. No copy of the matrix is made.
   *
   * @param ids identity of each image, in the order in which they enter
   * @param features unit rows, [images, E], of the group's precision; not kept
   * @throws IllegalArgumentException if the shapes or the precision differ, or the batch has more
   *     distinct identities than the group has slots
   */
  public Proposal propose(long[] ids, Rows features) {
    if (features.count() != ids.length
        || features.dim() != dim()
        || features.elementBytes() != row0.elementBytes()) {
      throw new IllegalArgumentException(
          String.format(
              "ID group: got [%d, %d] of %d bytes each for %d images, wanted [%d, %d] of %d bytes",
              features.count(),
              features.dim(),
              features.elementBytes(),
              ids.length,
              ids.length,
              dim(),
              row0.elementBytes()));
    }
    Placement placement = table.plan(ids);
    RowChanges changes =
        rule instanceof Weighted weighted
            ? RowChanges.weighted(weighted.keep(), placement, row0, features)
            : RowChanges.twoRow(placement, row0, row1, nextRow, features);
    return new Proposal(this, history.commits(), placement, changes);
  }

  /**
   * Applies a proposal.
   *
   * @return the rows to write into the device mirror
   * @throws IllegalStateException if the proposal is another group's, or the group has changed
   *     since it was made
   * @throws IllegalArgumentException if a new row is not finite; the group is then unchanged
   */
  public Delta commit(Proposal proposal) {
    checkCurrent(proposal);
    Placement placement = proposal.placement();
    RowChanges changes = proposal.changes();
    checkFinite(changes.row0());
    if (row1 != null) {
      checkFinite(changes.row1());
      changes.row1().applyTo(row1);
      for (int entry = 0; entry < placement.entries(); entry++) {
        nextRow[placement.slots()[entry]] = changes.nextRow()[entry];
      }
    }
    changes.row0().applyTo(row0);
    history.record(placement);
    table.apply(placement);
    return new Delta(
        changes.row0(),
        table.occupied(),
        placement.hits(),
        placement.insertions(),
        placement.evictions());
  }

  void checkCurrent(Proposal proposal) {
    if (proposal.group() != this || proposal.version() != history.commits()) {
      throw new IllegalStateException(
          "ID group: the proposal was made on another group or before its last commit");
    }
  }

  private static void checkFinite(Patch patch) {
    for (int i = 0; i < patch.slots().length; i++) {
      if (!patch.rows().isFinite(i)) {
        throw new IllegalArgumentException(
            "ID group: the new feature of slot "
                + patch.slots()[i]
                + " is not finite; the step must be dropped before it is committed");
      }
    }
  }

  /** Figures since the group was made, resumes included. */
  public GroupStatistics statistics() {
    return history.statistics(table);
  }

  /**
   * A hash of all that decides the group's future: order and identities of the slots and every bit
   * of their rows. Reads the whole matrix.
   */
  public long stateHash() {
    long hash = GroupHash.mix(capacity(), dim());
    for (int slot : table.mostRecentFirst()) {
      hash = GroupHash.mix(hash, slot);
    }
    for (int slot = 0; slot < storedSlots(); slot++) {
      hash = GroupHash.mix(hash, slotHash(slot));
    }
    return hash;
  }

  /**
   * A hash of each slot that is occupied or was given rows, by slot: its identity and its rows. Two
   * replicas of one order and equal slot hashes have the same {@link #stateHash}.
   */
  public long[] slotHashes() {
    long[] hashes = new long[storedSlots()];
    for (int slot = 0; slot < hashes.length; slot++) {
      hashes[slot] = slotHash(slot);
    }
    return hashes;
  }

  /** A hash of one slot: its identity and its rows. */
  long slotHash(int slot) {
    long hash = slot < occupied() ? GroupHash.mix(1, table.idAt(slot)) : 0;
    hash = GroupHash.mix(hash, row0.hashRow(slot));
    return row1 == null
        ? hash
        : GroupHash.mix(GroupHash.mix(hash, row1.hashRow(slot)), nextRow[slot]);
  }

  /** Slots whose rows a snapshot holds: empty ones count only if they were given rows. */
  int storedSlots() {
    return filledEmpties ? capacity() : occupied();
  }

  /** Writes the group exactly: see {@link GroupSnapshot} for the format. */
  public void save(DataOutput out) throws IOException {
    GroupSnapshot.write(this, out);
  }

  /**
   * Reads what {@link #save} wrote.
   *
   * @throws IllegalArgumentException if the data is none of this version or damaged
   */
  public static IdGroup load(DataInput in) throws IOException {
    return GroupSnapshot.read(in, FloatRows::new);
  }

  /**
   * Reads what {@link #save} wrote into a matrix that exists.
   *
   * @param row0 [K, E]; becomes the group's own, and must not be used if this fails
   * @throws IllegalArgumentException if the data is none of this version or damaged, or is a group
   *     of other shape or precision
   */
  public static IdGroup load(DataInput in, Rows row0) throws IOException {
    return GroupSnapshot.read(in, (count, dim) -> row0);
  }

  SlotTable table() {
    return table;
  }

  GroupHistory history() {
    return history;
  }

  byte[] nextRow() {
    return nextRow;
  }

  boolean filledEmpties() {
    return filledEmpties;
  }
}
