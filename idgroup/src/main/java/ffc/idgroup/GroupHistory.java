package ffc.idgroup;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** Counters of an ID group and the commit that last wrote each slot. */
final class GroupHistory {
  private final long[] lastWrite;
  private long lastWriteSum;
  private long commits;
  private long hits;
  private long insertions;
  private long evictions;

  GroupHistory(int capacity) {
    lastWrite = new long[capacity];
  }

  long commits() {
    return commits;
  }

  void record(Placement placement) {
    commits++;
    hits += placement.hits();
    insertions += placement.insertions();
    evictions += placement.evictions();
    for (int slot : placement.slots()) {
      lastWriteSum += commits - lastWrite[slot];
      lastWrite[slot] = commits;
    }
  }

  long hash(int occupied) {
    long hash = GroupHash.mix(GroupHash.mix(commits, hits), GroupHash.mix(insertions, evictions));
    for (int slot = 0; slot < occupied; slot++) {
      hash = GroupHash.mix(hash, lastWrite[slot]);
    }
    return hash;
  }

  GroupStatistics statistics(SlotTable table) {
    int occupied = table.occupied();
    // Every use writes its slot, so the least recently used slot is the oldest one too.
    return new GroupStatistics(
        commits,
        hits,
        insertions,
        evictions,
        occupied,
        occupied == 0 ? 0 : commits - (double) lastWriteSum / occupied,
        occupied == 0 ? 0 : commits - lastWrite[table.leastRecent()]);
  }

  void write(DataOutput out, int occupied) throws IOException {
    out.writeLong(commits);
    out.writeLong(hits);
    out.writeLong(insertions);
    out.writeLong(evictions);
    for (int slot = 0; slot < occupied; slot++) {
      out.writeLong(lastWrite[slot]);
    }
  }

  void read(DataInput in, int occupied) throws IOException {
    commits = in.readLong();
    hits = in.readLong();
    insertions = in.readLong();
    evictions = in.readLong();
    for (int slot = 0; slot < occupied; slot++) {
      lastWrite[slot] = in.readLong();
      lastWriteSum += lastWrite[slot];
    }
  }
}
