package ffc.idgroup;

/**
 * The reference code's rule: each slot keeps two rows. A fresh identity writes row 0 and leaves row
 * 1 as it was; later images of it, in this batch or others, alternate, beginning with row 1. Head 1
 * sees row 0 of all slots; head 2 sees row 1 of the slots hit again in this very batch and row 0 of
 * the others.
 */
public record TwoRow() implements UpdateRule {
  @Override
  public int rowsPerSlot() {
    return 2;
  }
}
