package ffc.loaders.photos;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * How large the pictures of an import were beside the size that they got. A picture's ratio is the
 * smaller one of its sides' ratios: below 1 it was enlarged.
 */
public final class OriginalSizes {
  private static final double[] ENDS = {0.5, 1, 2, 4, 8, Double.POSITIVE_INFINITY};
  private static final String[] NAMES = {
    "less than half",
    "half to all of it",
    "1 to 2 times",
    "2 to 4 times",
    "4 to 8 times",
    "8 times or more"
  };

  private final int height;
  private final int width;
  private final long[] counts = new long[ENDS.length];
  private final TreeMap<Long, String> byPixels = new TreeMap<>();

  OriginalSizes(int height, int width) {
    this.height = height;
    this.width = width;
  }

  void add(int h, int w) {
    double ratio = Math.min((double) h / height, (double) w / width);
    int bracket = 0;
    while (ratio >= ENDS[bracket]) {
      bracket++;
    }
    counts[bracket]++;
    byPixels.putIfAbsent((long) h * w, h + "x" + w);
    if (byPixels.size() > 2) {
      byPixels.remove(byPixels.higherKey(byPixels.firstKey())); // neither smallest nor largest
    }
  }

  /** Pictures by their size in sizes of the pack, smallest first; none if there are none. */
  public Map<String, Long> brackets() {
    Map<String, Long> named = new java.util.LinkedHashMap<>();
    for (int i = 0; i < counts.length; i++) {
      named.put(NAMES[i], counts[i]);
    }
    return Collections.unmodifiableMap(named);
  }

  /** Pictures that had fewer pixels a side than they got. */
  public long enlarged() {
    return counts[0] + counts[1];
  }

  /** Height x width of the smallest. */
  public String smallest() {
    return byPixels.firstEntry().getValue();
  }

  /** Height x width of the largest. */
  public String largest() {
    return byPixels.lastEntry().getValue();
  }
}
