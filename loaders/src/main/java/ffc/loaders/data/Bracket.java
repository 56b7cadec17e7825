package ffc.loaders.data;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * A row of a histogram of images per identity: 1, 2, 3, 4-7, 8-15, ...
 *
 * @param from fewest images
 * @param to most images
 */
public record Bracket(long from, long to) {
  /** All that are needed for identities of up to so many images. */
  public static List<Bracket> upTo(long most) {
    List<Bracket> all = new ArrayList<>();
    for (long low = 1; low <= most; low = all.get(all.size() - 1).to() + 1) {
      all.add(new Bracket(low, low < 4 ? low : 2 * low - 1));
    }
    return all;
  }

  /** Identities in it. */
  public long identities(TreeMap<Long, Long> byImages) {
    return byImages.subMap(from, true, to, true).values().stream().mapToLong(Long::longValue).sum();
  }

  @Override
  public String toString() {
    return from == to ? Long.toString(from) : from + "-" + to;
  }
}
