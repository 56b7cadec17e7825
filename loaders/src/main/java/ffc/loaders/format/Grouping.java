package ffc.loaders.format;

import ffc.loaders.BadDataException;
import ffc.loaders.store.IdentityTable;
import it.unimi.dsi.fastutil.ints.IntArrayList;

/**
 * Images grouped by identity, by counting.
 *
 * @param table the identities
 * @param place image number of each input image; order within an identity is kept
 */
record Grouping(IdentityTable table, int[] place) {

  /**
   * @param labels identity of each input image
   * @param identities C; every label lies below it
   * @throws BadDataException if an identity has no image
   */
  static Grouping of(IntArrayList labels, long identities, String name) {
    if (identities > labels.size()) {
      throw new BadDataException(
          name + ": " + missing(labels, identities) + " of " + identities + " has no image");
    }
    int count = (int) identities;
    long[] first = new long[count + 1];
    for (int i = 0; i < labels.size(); i++) {
      first[labels.getInt(i) + 1]++;
    }
    for (int id = 0; id < count; id++) {
      if (first[id + 1] == 0) {
        throw new BadDataException(
            "%s: identity %d of %d has no image; labels must be 0 to %d without gaps"
                .formatted(name, id, identities, identities - 1));
      }
      first[id + 1] += first[id];
    }
    int[] next = new int[count];
    for (int id = 0; id < count; id++) {
      next[id] = (int) first[id];
    }
    int[] place = new int[labels.size()];
    for (int i = 0; i < place.length; i++) {
      place[i] = next[labels.getInt(i)]++;
    }
    return new Grouping(IdentityTable.of(first), place);
  }

  private static String missing(IntArrayList labels, long identities) {
    java.util.BitSet seen = new java.util.BitSet();
    for (int i = 0; i < labels.size(); i++) {
      seen.set(labels.getInt(i));
    }
    return "identity " + Math.min(seen.nextClearBit(0), identities - 1);
  }
}
