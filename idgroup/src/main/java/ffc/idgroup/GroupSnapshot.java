package ffc.idgroup;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.EOFException;
import java.io.IOException;

/**
 * The stored form of an {@link IdGroup}. Big-endian, matrices little-endian:
 *
 * <pre>
 * snapshot := header headerHash:u64 order history rows0 [rows1 nextRow] hash:u64
 * header   := "FFCG":u32 version:u32 rule:u8 keep:f64 precision:u8 filledEmpties:u8
 *             capacity:u32 dim:u32 occupied:u32
 * order    := (identity:u64 slot:u32){occupied}           least recently used first
 * history  := commits:u64 hits:u64 insertions:u64 evictions:u64 lastWrite:u64{occupied}
 * rows0, rows1 := f32 or f64 [stored, dim];  nextRow := u8{stored}
 * stored   = filledEmpties ? capacity : occupied
 * </pre>
 *
 * rule is 1 (weighted) or 2 (two-row, with rows1 and nextRow; keep is 0), precision 0 (f32) or 1
 * (f64). The last hash covers order, rows and history.
 */
final class GroupSnapshot {
  private static final int MAGIC = 0x46464347;
  private static final int VERSION = 1;

  private GroupSnapshot() {}

  static void write(IdGroup group, DataOutput out) throws IOException {
    SlotTable table = group.table();
    int occupied = table.occupied();
    double keep = group.rule() instanceof Weighted weighted ? weighted.keep() : 0;
    int precision = group.row0().elementBytes() / Double.BYTES;
    int filled = group.filledEmpties() ? 1 : 0;
    out.writeInt(MAGIC);
    out.writeInt(VERSION);
    out.writeByte(group.rule().rowsPerSlot());
    out.writeDouble(keep);
    out.writeByte(precision);
    out.writeByte(filled);
    out.writeInt(group.capacity());
    out.writeInt(group.dim());
    out.writeInt(occupied);
    out.writeLong(
        headerHash(
            group.rule().rowsPerSlot(),
            keep,
            precision,
            filled,
            group.capacity(),
            group.dim(),
            occupied));
    int[] recentFirst = table.mostRecentFirst();
    for (int i = occupied - 1; i >= 0; i--) {
      out.writeLong(table.idAt(recentFirst[i]));
      out.writeInt(recentFirst[i]);
    }
    group.history().write(out, occupied);
    group.row0().write(out, 0, group.storedSlots());
    if (group.row1() != null) {
      group.row1().write(out, 0, group.storedSlots());
      out.write(group.nextRow(), 0, group.storedSlots());
    }
    out.writeLong(contentHash(group));
  }

  /** Makes the rows that a stored group goes into. */
  interface RowsFactory {
    Rows rows(int count, int dim);
  }

  /**
   * @param row0 makes rows 0, which must be like those that are stored; rows 1 go onto the heap
   */
  static IdGroup read(DataInput in, RowsFactory row0) throws IOException {
    try {
      return readWhole(in, row0);
    } catch (EOFException e) {
      throw new IllegalArgumentException("ID group snapshot: it ends too early", e);
    }
  }

  private static IdGroup readWhole(DataInput in, RowsFactory row0) throws IOException {
    int magic = in.readInt();
    int version = in.readInt();
    if (magic != MAGIC || version != VERSION) {
      throw new IllegalArgumentException(
          String.format(
              "ID group snapshot: got magic %08x version %d, wanted %08x version %d",
              magic, version, MAGIC, VERSION));
    }
    int rowsPerSlot = in.readUnsignedByte();
    double keep = in.readDouble();
    int precision = in.readUnsignedByte();
    int filled = in.readUnsignedByte();
    int capacity = in.readInt();
    int dim = in.readInt();
    int occupied = in.readInt();
    checkHash(
        "header",
        in.readLong(),
        headerHash(rowsPerSlot, keep, precision, filled, capacity, dim, occupied));
    UpdateRule rule = rowsPerSlot == 2 ? new TwoRow() : new Weighted(keep);
    Rows rows0 = row0.rows(capacity, dim);
    int elementBytes = Float.BYTES << precision;
    if (elementBytes != rows0.elementBytes() || capacity != rows0.count() || dim != rows0.dim()) {
      throw new IllegalArgumentException(
          String.format(
              "ID group snapshot: it has %d slots of %d elements of %d bytes, wanted %d of %d of"
                  + " %d bytes; method.capacity or model.embedding has changed",
              capacity, dim, elementBytes, rows0.count(), rows0.dim(), rows0.elementBytes()));
    }
    IdGroup group =
        new IdGroup(rule, rows0, rowsPerSlot == 2 ? rows0.create(capacity) : null, filled == 1);
    long[] ids = new long[occupied];
    int[] slots = new int[occupied];
    for (int i = 0; i < occupied; i++) {
      ids[i] = in.readLong();
      slots[i] = in.readInt();
    }
    group.table().restore(ids, slots);
    group.history().read(in, occupied);
    group.row0().read(in, 0, group.storedSlots());
    if (group.row1() != null) {
      group.row1().read(in, 0, group.storedSlots());
      in.readFully(group.nextRow(), 0, group.storedSlots());
    }
    checkHash("content", in.readLong(), contentHash(group));
    return group;
  }

  private static long headerHash(
      int rowsPerSlot,
      double keep,
      int precision,
      int filled,
      int capacity,
      int dim,
      int occupied) {
    long hash = GroupHash.mix(rowsPerSlot, Double.doubleToRawLongBits(keep));
    hash = GroupHash.mix(GroupHash.mix(hash, precision), filled);
    return GroupHash.mix(GroupHash.mix(GroupHash.mix(hash, capacity), dim), occupied);
  }

  private static long contentHash(IdGroup group) {
    return GroupHash.mix(group.stateHash(), group.history().hash(group.occupied()));
  }

  private static void checkHash(String part, long stored, long computed) {
    if (stored != computed) {
      throw new IllegalArgumentException(
          String.format(
              "ID group snapshot: the %s has hash %016x, expected %016x; it is damaged",
              part, computed, stored));
    }
  }
}
