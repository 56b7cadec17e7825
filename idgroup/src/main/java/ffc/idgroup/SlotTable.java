package ffc.idgroup;

import java.util.Arrays;

/**
 * Which identity has which slot, and how recently it was used: a deterministic LRU table. Free
 * slots are taken in ascending order, so the occupied ones are always [0, occupied); a full table
 * gives away its least recently used slot. {@link #plan} is pure, {@link #apply} carries a plan
 * out. No slot is ever freed. Not thread-safe.
 */
final class SlotTable {
  /** Largest capacity: the index then has 2^30 cells, 8 GiB. */
  static final int MAX_CAPACITY = 1 << 28;

  private static final int NONE = -1;
  private static final long LOWER = 0xFFFFFFFFL;
  private static final long UPPER = ~LOWER;

  private final int capacity;

  /**
   * Node of slot s: its identity at 2s; at 2s + 1 its neighbours, towards the front (more recent)
   * in the upper half, towards the back in the lower. Side by side they share a cache line.
   */
  private final long[] nodes;

  private final SlotIndex index;

  private int front = NONE;
  private int back = NONE;
  private int occupied;

  SlotTable(int capacity) {
    if (capacity < 1 || capacity > MAX_CAPACITY) {
      throw new IllegalArgumentException(
          "capacity of the ID group: got " + capacity + ", wanted 1 to " + MAX_CAPACITY);
    }
    this.capacity = capacity;
    nodes = new long[2 * capacity];
    index = new SlotIndex(capacity, nodes);
  }

  int capacity() {
    return capacity;
  }

  int occupied() {
    return occupied;
  }

  /** The slot of an identity, or -1. */
  int slotOf(long id) {
    return index.find(id, SlotIndex.hash(id));
  }

  /** The identity of an occupied slot. */
  long idAt(int slot) {
    return nodes[2 * slot];
  }

  /** The least recently used slot, or -1 if the table is empty. */
  int leastRecent() {
    return back;
  }

  /** Occupied slots, most recently used first. */
  int[] mostRecentFirst() {
    int[] slots = new int[occupied];
    int n = 0;
    for (int slot = front; slot != NONE; slot = older(slot)) {
      slots[n++] = slot;
    }
    return slots;
  }

  /**
   * Uses an identity: a present one moves to the front, an absent one takes a free slot or the
   * least recently used one.
   *
   * @return its slot
   */
  int use(long id) {
    int hash = SlotIndex.hash(id);
    int slot = index.find(id, hash);
    if (slot == NONE) {
      slot = occupied < capacity ? occupied : back;
      assign(id, hash, slot);
    } else {
      moveToFront(slot);
    }
    return slot;
  }

  /**
   * Where a batch of identities would go. Identities are placed in input order; a slot taken or
   * touched by the batch is not evicted by it, and an identity that an earlier one of the batch
   * evicted re-enters as a fresh one.
   *
   * @throws IllegalArgumentException if the batch has more distinct identities than slots
   */
  Placement plan(long[] ids) {
    int[] entryOf = new int[ids.length];
    long[] entryIds = new long[ids.length];
    int[] slots = new int[ids.length];
    boolean[] inserted = new boolean[ids.length];
    int[] last = new int[ids.length];
    LongIntTable entryOfId = new LongIntTable(ids.length);
    LongIntTable entryOfSlot = new LongIntTable(ids.length);
    int entries = 0;
    int insertions = 0;
    int filled = occupied;
    int victim = back;
    for (int i = 0; i < ids.length; i++) {
      int entry = entryOfId.get(ids[i]);
      if (entry == NONE) {
        int slot = slotOf(ids[i]);
        // A slot that the batch already holds here belongs to the identity that evicted this one.
        boolean present = slot != NONE && entryOfSlot.get(slot) == NONE;
        if (!present) {
          insertions++;
          if (filled < capacity) {
            slot = filled++;
          } else {
            while (victim != NONE && entryOfSlot.get(victim) != NONE) {
              victim = newer(victim);
            }
            if (victim == NONE) {
              throw new IllegalArgumentException(
                  "ID group: a batch of "
                      + ids.length
                      + " images has more distinct identities than the group has slots ("
                      + capacity
                      + "); raise method.capacity or lower the batch");
            }
            slot = victim;
          }
        }
        entry = entries++;
        entryIds[entry] = ids[i];
        slots[entry] = slot;
        inserted[entry] = !present;
        entryOfId.put(ids[i], entry);
        entryOfSlot.put(slot, entry);
      }
      entryOf[i] = entry;
      last[entry] = i;
    }
    return new Placement(
        entryOf,
        Arrays.copyOf(entryIds, entries),
        Arrays.copyOf(slots, entries),
        Arrays.copyOf(inserted, entries),
        Arrays.copyOf(last, entries),
        filled,
        insertions,
        insertions - (filled - occupied),
        entryOfId,
        entryOfSlot);
  }

  /** Carries out a plan made on the present state. */
  void apply(Placement plan) {
    for (int entry = 0; entry < plan.entries(); entry++) {
      if (plan.inserted()[entry]) {
        assign(plan.ids()[entry], SlotIndex.hash(plan.ids()[entry]), plan.slots()[entry]);
      }
    }
    for (int i = 0; i < plan.entryOf().length; i++) {
      int entry = plan.entryOf()[i];
      // Only the last use of an identity decides its place in the order.
      if (plan.last()[entry] == i) {
        moveToFront(plan.slots()[entry]);
      }
    }
  }

  private void assign(long id, int hash, int slot) {
    if (slot < occupied) {
      index.remove(SlotIndex.hash(nodes[2 * slot]), slot);
      moveToFront(slot);
    } else {
      occupied++;
      pushFront(slot);
    }
    nodes[2 * slot] = id;
    index.add(hash, slot);
  }

  private void moveToFront(int slot) {
    long[] n = nodes;
    long links = n[2 * slot + 1];
    int newer = (int) (links >>> 32);
    if (newer == NONE) {
      return;
    }
    int older = (int) links;
    n[2 * newer + 1] = (n[2 * newer + 1] & UPPER) | (links & LOWER);
    if (older == NONE) {
      back = newer;
    } else {
      n[2 * older + 1] = (n[2 * older + 1] & LOWER) | (links & UPPER);
    }
    pushFront(slot);
  }

  private void pushFront(int slot) {
    nodes[2 * slot + 1] = UPPER | (front & LOWER);
    if (front == NONE) {
      back = slot;
    } else {
      nodes[2 * front + 1] = (nodes[2 * front + 1] & LOWER) | ((long) slot << 32);
    }
    front = slot;
  }

  private int newer(int slot) {
    return (int) (nodes[2 * slot + 1] >>> 32);
  }

  private int older(int slot) {
    return (int) nodes[2 * slot + 1];
  }

  /**
   * Fills an empty table.
   *
   * @param ids identities, least recently used first
   * @param slots their slots, a permutation of [0, ids.length)
   * @throws IllegalArgumentException if an identity or slot occurs twice or is out of range
   */
  void restore(long[] ids, int[] slots) {
    boolean[] seen = new boolean[ids.length];
    for (int i = 0; i < ids.length; i++) {
      int slot = slots[i];
      if (slot < 0 || slot >= ids.length || seen[slot] || slotOf(ids[i]) != NONE) {
        throw new IllegalArgumentException(
            "ID group snapshot: entry "
                + i
                + " gives slot "
                + slot
                + " to identity "
                + ids[i]
                + ", wanted each of the "
                + ids.length
                + " slots and identities once");
      }
      seen[slot] = true;
      nodes[2 * slot] = ids[i];
      index.add(SlotIndex.hash(ids[i]), slot);
      pushFront(slot);
      occupied++;
    }
  }
}
