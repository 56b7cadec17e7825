package ffc.formats;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** All of many names of arrays in a line: where they are too many, by what they begin with. */
final class NamesInShort {
  private static final int MOST = 12;

  private NamesInShort() {}

  /** The names, such as {@code fc.bias, layer4.* (48)}; "nothing" if there are none. */
  static String of(Collection<String> names) {
    int depth = names.stream().mapToInt(name -> name.split("\\.").length).max().orElse(0);
    List<String> shown = shown(names, depth);
    for (int d = depth - 1; d > 0 && shown.size() > MOST; d--) {
      shown = shown(names, d);
    }
    if (shown.size() > MOST) {
      return String.join(", ", shown.subList(0, MOST)) + " and " + (shown.size() - MOST) + " more";
    }
    return shown.isEmpty() ? "nothing" : String.join(", ", shown);
  }

  private static List<String> shown(Collection<String> names, int depth) {
    Map<String, List<String>> byBeginning = new TreeMap<>();
    for (String name : names) {
      byBeginning.computeIfAbsent(beginning(name, depth), key -> new ArrayList<>()).add(name);
    }
    List<String> shown = new ArrayList<>();
    byBeginning.forEach(
        (beginning, all) ->
            shown.add(all.size() == 1 ? all.get(0) : beginning + ".* (" + all.size() + ")"));
    return shown;
  }

  /** The first parts of a name. */
  private static String beginning(String name, int parts) {
    int end = -1;
    for (int i = 0; i < parts; i++) {
      end = name.indexOf('.', end + 1);
      if (end < 0) {
        return name;
      }
    }
    return name.substring(0, end);
  }
}
