package ffc.pfc.virtualfc;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which column each identity of a batch uses (virtual FC): identity i has column i mod G. Of
 * several identities that share a column the first keeps it, the others borrow one that no identity
 * of the batch has, for this step only.
 */
final class VirtualColumns {
  static final long EMPTY = -1;

  private final long[] occupant;

  VirtualColumns(int columns) {
    occupant = new long[columns];
    Arrays.fill(occupant, EMPTY);
  }

  /**
   * The columns of a batch.
   *
   * @param column column of each identity, in order of appearance
   * @param owners identities that keep their column after the step, by column
   */
  record Assignment(Map<Long, Integer> column, Map<Integer, Long> owners) {}

  /** Assigns columns; changes nothing. */
  Assignment assign(long[] ids) {
    Map<Integer, Long> owners = new HashMap<>();
    for (long id : ids) {
      owners.putIfAbsent((int) (id % occupant.length), id);
    }
    Map<Long, Integer> column = new LinkedHashMap<>();
    int free = 0;
    for (long id : ids) {
      if (column.containsKey(id)) {
        continue;
      }
      int home = (int) (id % occupant.length);
      if (owners.get(home) == id) {
        column.put(id, home);
        continue;
      }
      while (owners.containsKey(free)) {
        free++;
      }
      column.put(id, free++);
    }
    return new Assignment(column, owners);
  }

  /** Takes over the identities that keep their column. */
  void commit(Assignment assignment) {
    assignment.owners().forEach((column, id) -> occupant[column] = id);
  }

  /** Identity whose feature a column holds, or {@link #EMPTY}; the array is not a copy. */
  long[] occupants() {
    return occupant;
  }
}
