package ffc.idgroup;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The group's rules written down naively: plain collections, double precision, whole copies. One
 * batch at a time mutates it; {@link #copy} makes proposals.
 */
final class OracleGroup {
  final int capacity;
  final UpdateRule rule;

  /** Slots, most recently used first. */
  final List<Integer> order = new ArrayList<>();

  final Long[] idOfSlot;
  final double[][] row0;
  final double[][] row1;
  final int[] nextRow;

  /** What head 2 sees after the last batch (two-row), every slot. */
  double[][] head2;

  int hits;
  int insertions;
  int evictions;

  OracleGroup(int capacity, int dim, UpdateRule rule) {
    this.capacity = capacity;
    this.rule = rule;
    idOfSlot = new Long[capacity];
    row0 = new double[capacity][dim];
    row1 = new double[capacity][dim];
    nextRow = new int[capacity];
  }

  OracleGroup copy() {
    OracleGroup c = new OracleGroup(capacity, row0[0].length, rule);
    c.order.addAll(order);
    System.arraycopy(idOfSlot, 0, c.idOfSlot, 0, capacity);
    for (int s = 0; s < capacity; s++) {
      c.row0[s] = row0[s].clone();
      c.row1[s] = row1[s].clone();
    }
    System.arraycopy(nextRow, 0, c.nextRow, 0, capacity);
    return c;
  }

  int slotOf(long id) {
    return Arrays.asList(idOfSlot).indexOf(id);
  }

  void enter(long[] ids, double[][] features) {
    double[][] before = copy().row0;
    Set<Integer> held = new HashSet<>();
    Set<Long> inserted = new HashSet<>();
    Set<Integer> hitAgain = new HashSet<>();
    for (int i = 0; i < ids.length; i++) {
      int slot = slotOf(ids[i]);
      if (slot >= 0) {
        hits++;
        hitAgain.add(slot);
      } else {
        insertions++;
        inserted.add(ids[i]);
        slot = order.size();
        if (slot == capacity) {
          int at = capacity - 1;
          while (held.contains(order.get(at))) {
            at--;
          }
          slot = order.get(at);
          evictions++;
        }
        idOfSlot[slot] = ids[i];
        nextRow[slot] = 0;
      }
      held.add(slot);
      order.remove((Integer) slot);
      order.add(0, slot);
      if (rule instanceof Weighted weighted) {
        row0[slot] =
            inserted.contains(ids[i])
                ? features[i].clone()
                : blend(weighted.keep(), before[slot], features[i]);
      } else {
        (nextRow[slot] == 0 ? row0 : row1)[slot] = features[i].clone();
        nextRow[slot] = 1 - nextRow[slot];
      }
    }
    head2 = new double[capacity][];
    for (int s = 0; s < capacity; s++) {
      head2[s] = hitAgain.contains(s) ? row1[s] : row0[s];
    }
  }

  private static double[] blend(double keep, double[] old, double[] news) {
    double[] sum = new double[old.length];
    double squares = 0;
    for (int i = 0; i < old.length; i++) {
      sum[i] = keep * old[i] + (1 - keep) * news[i];
      squares += sum[i] * sum[i];
    }
    if (Math.sqrt(squares) < 1e-6) {
      return news.clone();
    }
    for (int i = 0; i < sum.length; i++) {
      sum[i] /= Math.sqrt(squares);
    }
    return sum;
  }
}
