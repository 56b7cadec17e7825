package ffc.idgroup;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Figures of an ID group since it was made, resumes included.
 *
 * @param commits batches entered
 * @param hits images whose identity was in the group when they came
 * @param insertions identities that came in
 * @param evictions identities that went out
 * @param occupied occupied slots
 * @param meanAge mean over the occupied slots of the commits since the slot was last written
 * @param maxAge largest of them
 */
public record GroupStatistics(
    long commits,
    long hits,
    long insertions,
    long evictions,
    int occupied,
    double meanAge,
    long maxAge) {

  /** The figures by name, for reports. */
  public Map<String, Double> asMap() {
    Map<String, Double> map = new LinkedHashMap<>();
    map.put("group_occupied", (double) occupied);
    map.put("group_hits", (double) hits);
    map.put("group_insertions", (double) insertions);
    map.put("group_evictions", (double) evictions);
    map.put("group_age_mean", meanAge);
    map.put("group_age_max", (double) maxAge);
    return map;
  }
}
