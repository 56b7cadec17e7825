package ffc.core.method;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Predicted memory by part, in bytes: known before anything is allocated.
 *
 * @param parts bytes by part, for example classes, momenta, gallery, group, logits
 */
public record Footprint(Map<String, Long> parts) {

  /** Sum of the parts. */
  public long total() {
    return parts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** These parts and further ones. */
  public Footprint with(String part, long bytes) {
    Map<String, Long> more = new LinkedHashMap<>(parts);
    more.merge(part, bytes, Long::sum);
    return new Footprint(more);
  }
}
