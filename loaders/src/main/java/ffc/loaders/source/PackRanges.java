package ffc.loaders.source;

import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.io.IOException;

/**
 * Compares the identity records of a pack with the labels of its images: a range must be one run of
 * equal labels, no shorter and no longer. That is the only redundancy RecordIO has against a
 * damaged label. Packs with millions of runs, or without ascending keys, are not compared.
 */
final class PackRanges {
  private static final int MAX_RUNS = 4_000_000;

  private final LongArrayList starts = new LongArrayList();
  private long lastKey = 0;
  private long lastLabel = -1;
  private boolean known = true;

  void image(long key, long label) {
    if (!known) {
      return;
    }
    if (key != lastKey + 1 || starts.size() > MAX_RUNS) {
      known = false;
      starts.clear();
      starts.trim();
      return;
    }
    if (label != lastLabel) {
      starts.add(key);
      lastLabel = label;
    }
    lastKey = key;
  }

  /** Checks one identity record. */
  void identity(long first, long end) throws IOException {
    // An .idx may list identity records before their images: nothing to compare with yet.
    if (!known || first == end || end > lastKey + 1) {
      return;
    }
    int low = 0;
    int high = starts.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (starts.getLong(middle) < first) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    long start = low < starts.size() ? starts.getLong(low) : -1;
    long next = low + 1 < starts.size() ? starts.getLong(low + 1) : lastKey + 1;
    if (start != first || next != end) {
      throw new IOException(
          "identity record says images [%d, %d), their labels do not agree: a damaged label or record"
              .formatted(first, end));
    }
  }
}
