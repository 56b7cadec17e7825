package ffc.exchange.hazelcast;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What trainers of one run must agree on before they join.
 *
 * @param settings value of each setting that must be the same, by its path; the fingerprint of the
 *     training data among them. No secrets: every member of the cluster can read them
 */
public record RunIdentity(SortedMap<String, String> settings) {
  private static final int NAMED = 3;

  public RunIdentity {
    settings = new TreeMap<>(settings);
  }

  /** The same with one more setting. */
  RunIdentity with(String path, Object value) {
    SortedMap<String, String> more = new TreeMap<>(settings);
    more.put(path, value.toString());
    return new RunIdentity(more);
  }

  /** Lines {@code path=value}, for {@link #parse}. */
  String text() {
    StringBuilder text = new StringBuilder();
    settings.forEach(
        (path, value) ->
            text.append(path).append('=').append(value.replaceAll("\\R", " ")).append('\n'));
    return text.toString();
  }

  static RunIdentity parse(String text) {
    SortedMap<String, String> settings = new TreeMap<>();
    for (String line : text.split("\n")) {
      int equals = line.indexOf('=');
      if (equals > 0) {
        settings.put(line.substring(0, equals), line.substring(equals + 1));
      }
    }
    return new RunIdentity(settings);
  }

  /** What differs in another's run, the first few settings by name; empty if nothing does. */
  String difference(RunIdentity there) {
    Map<String, String> theirs = parse(there.text()).settings;
    Map<String, String> ours = parse(text()).settings;
    TreeSet<String> paths = new TreeSet<>(theirs.keySet());
    paths.addAll(ours.keySet());
    List<String> differences = new ArrayList<>();
    for (String path : paths) {
      String other = theirs.getOrDefault(path, "absent");
      String own = ours.getOrDefault(path, "absent");
      if (!other.equals(own)) {
        differences.add(path + " is " + other + " there, " + own + " here");
      }
    }
    int left = differences.size() - NAMED;
    return String.join("; ", differences.subList(0, Math.min(NAMED, differences.size())))
        + (left > 0 ? "; and " + left + " more differ" : "");
  }
}
