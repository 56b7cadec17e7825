package ffc.idgroup;

/**
 * Where a batch of identities goes in the {@link SlotTable}. An <em>entry</em> is a distinct
 * identity of the batch, numbered by first occurrence.
 *
 * @param entryOf entry of each image, [images]
 * @param ids identity of each entry, [entries]
 * @param slots slot of each entry after the batch, distinct, [entries]
 * @param inserted whether the entry's identity was not (or no longer) in the group when it came
 * @param last last image of each entry, [entries]
 * @param occupied occupied slots after the batch
 * @param insertions entries inserted
 * @param evictions insertions that took another identity's slot
 * @param entryOfId entry by identity
 * @param entryOfSlot entry by slot
 */
record Placement(
    int[] entryOf,
    long[] ids,
    int[] slots,
    boolean[] inserted,
    int[] last,
    int occupied,
    int insertions,
    int evictions,
    LongIntTable entryOfId,
    LongIntTable entryOfSlot) {

  int entries() {
    return ids.length;
  }

  /** Images whose identity was in the group when they came, repeats within the batch included. */
  int hits() {
    return entryOf.length - insertions;
  }
}
