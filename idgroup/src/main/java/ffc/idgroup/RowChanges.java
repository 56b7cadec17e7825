package ffc.idgroup;

import java.util.List;

/**
 * The rows a batch would write, by the group's {@link UpdateRule}.
 *
 * @param row0 rows of row matrix 0 that change
 * @param row1 rows of row matrix 1 that change; null for {@link Weighted}
 * @param nextRow row that the next image of each entry writes; null for {@link Weighted}
 * @param heads what each head sees in place of the base rows
 */
@SuppressWarnings("ArrayRecordComponent")
record RowChanges(Patch row0, Patch row1, byte[] nextRow, List<Patch> heads) {

  static RowChanges weighted(double keep, Placement placement, Rows base, Rows features) {
    int[] slots = placement.slots();
    Rows rows = features.create(slots.length);
    for (int entry = 0; entry < slots.length; entry++) {
      int image = placement.last()[entry];
      if (placement.inserted()[entry]) {
        features.copyRow(image, rows, entry);
      } else {
        base.blendRow(slots[entry], keep, features, image, rows, entry);
      }
    }
    Patch patch = new Patch(slots, rows);
    return new RowChanges(patch, null, null, List.of(patch));
  }

  /**
   * @param base0 row 0 of every slot
   * @param base1 row 1 of every slot
   * @param baseNextRow row that the next image of each slot's identity writes, [capacity]
   */
  static RowChanges twoRow(
      Placement placement, Rows base0, Rows base1, byte[] baseNextRow, Rows features) {
    int entries = placement.entries();
    int[] slots = placement.slots();
    // Image whose feature ends up in each row of an entry, -1 = the row stays.
    int[][] source = new int[2][entries];
    byte[] nextRow = new byte[entries];
    boolean[] hitAgain = new boolean[entries];
    for (int entry = 0; entry < entries; entry++) {
      source[0][entry] = -1;
      source[1][entry] = -1;
      nextRow[entry] = placement.inserted()[entry] ? 0 : baseNextRow[slots[entry]];
    }
    boolean[] seen = new boolean[entries];
    for (int image = 0; image < placement.entryOf().length; image++) {
      int entry = placement.entryOf()[image];
      hitAgain[entry] = seen[entry] || !placement.inserted()[entry];
      seen[entry] = true;
      source[nextRow[entry]][entry] = image;
      nextRow[entry] ^= 1;
    }
    Rows head2 = features.create(entries);
    for (int entry = 0; entry < entries; entry++) {
      int image = source[hitAgain[entry] ? 1 : 0][entry];
      if (image >= 0) {
        features.copyRow(image, head2, entry);
      } else {
        base1.copyRow(slots[entry], head2, entry); // a slot that was not hit again wrote row 0
      }
    }
    Patch row0 = written(slots, source[0], features);
    return new RowChanges(
        row0, written(slots, source[1], features), nextRow, List.of(row0, new Patch(slots, head2)));
  }

  private static Patch written(int[] slots, int[] source, Rows features) {
    int[] changed = new int[slots.length];
    int n = 0;
    for (int entry = 0; entry < slots.length; entry++) {
      if (source[entry] >= 0) {
        changed[n++] = entry;
      }
    }
    Rows rows = features.create(n);
    int[] changedSlots = new int[n];
    for (int i = 0; i < n; i++) {
      changedSlots[i] = slots[changed[i]];
      features.copyRow(source[changed[i]], rows, i);
    }
    return new Patch(changedSlots, rows);
  }
}
