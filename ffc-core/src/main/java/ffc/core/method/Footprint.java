package ffc.core.method;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Predicted memory by part, in bytes: known before anything is allocated.
 *
 * @param parts bytes by part, for example classes, momenta, gallery, group, logits
 * @param host parts that lie in the memory of the machine wherever the networks run; the others lie
 *     where the networks do
 */
public record Footprint(Map<String, Long> parts, Set<String> host) {

  /** Parts that lie where the networks do. */
  public Footprint(Map<String, Long> parts) {
    this(parts, Set.of());
  }

  /** Sum of the parts. */
  public long total() {
    return parts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Sum of the parts in the memory of the machine, where networks run on a GPU. */
  public long onHost() {
    return parts.entrySet().stream()
        .filter(part -> host.contains(part.getKey()))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  /** Sum of the parts on the GPU, where networks run on one. */
  public long onDevice() {
    return total() - onHost();
  }

  /** These parts and further ones, where the networks are. */
  public Footprint with(String part, long bytes) {
    Map<String, Long> more = new LinkedHashMap<>(parts);
    more.merge(part, bytes, Long::sum);
    return new Footprint(more, host);
  }

  /** The same with some parts, if they are there, in the memory of the machine. */
  public Footprint withHost(String... names) {
    Set<String> more = new TreeSet<>(host);
    more.addAll(Set.of(names));
    more.retainAll(parts.keySet());
    return new Footprint(parts, more);
  }
}
