package ffc.idgroup;

import java.util.Arrays;
import java.util.Objects;

/**
 * Rows that take the place of rows of the base matrix {@link IdGroup#row0}.
 *
 * @param slots distinct slots, [n]; not to be modified
 * @param rows their rows, [n, dim]; not to be modified
 */
@SuppressWarnings("ArrayRecordComponent") // read in bulk by the device mirror
public record Patch(int[] slots, Rows rows) {
  /**
   * Checks the lengths.
   *
   * @throws IllegalArgumentException if there is not one row a slot
   */
  public Patch {
    if (slots.length != rows.count()) {
      throw new IllegalArgumentException(
          "patch: got " + slots.length + " slots and " + rows.count() + " rows");
    }
  }

  /** Writes the rows into their slots of a matrix of the same precision. */
  void applyTo(Rows base) {
    for (int i = 0; i < slots.length; i++) {
      rows.copyRow(i, base, slots[i]);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Patch p
        && Arrays.equals(slots, p.slots)
        && Objects.equals(rows, p.rows);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(slots) + rows.hashCode();
  }

  @Override
  public String toString() {
    return "Patch" + Arrays.toString(slots);
  }
}
