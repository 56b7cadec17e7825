package ffc.idgroup;

/** What happens to the slot of an identity that returns. */
public sealed interface UpdateRule permits Weighted, TwoRow {
  /** Rows a slot keeps, which is also the number of heads. */
  int rowsPerSlot();
}
