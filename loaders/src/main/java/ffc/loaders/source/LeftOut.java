package ffc.loaders.source;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Counts what lies in image folders and is not read, by kind. */
final class LeftOut {
  private final Map<String, Long> kinds = new TreeMap<>();

  /** Whether a name reached the program as it is on the disk, so that it leads back to its file. */
  static boolean named(Path entry) {
    String name = entry.getFileName().toString();
    return name.indexOf('\uFFFD') < 0; // stands for bytes that are no text
  }

  /** Counts an entry of an identity's folder. */
  void add(Path entry) {
    String name = entry.getFileName().toString();
    int dot = name.lastIndexOf('.');
    if (!named(entry)) {
      add("named in another encoding than UTF-8");
    } else if (name.startsWith(".")) {
      add("hidden (name begins with a dot)");
    } else if (Files.isDirectory(entry)) {
      add("folder inside an identity's");
    } else {
      add(dot < 0 ? "without an ending" : name.substring(dot).toLowerCase(Locale.ROOT));
    }
  }

  void add(String kind) {
    kinds.merge(kind, 1L, Long::sum);
  }

  void addAll(LeftOut other) {
    other.kinds.forEach((kind, count) -> kinds.merge(kind, count, Long::sum));
  }

  boolean isEmpty() {
    return kinds.isEmpty();
  }

  /** All kinds with their counts, the most frequent first. */
  @Override
  public String toString() {
    List<Map.Entry<String, Long>> sorted =
        kinds.entrySet().stream()
            .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
            .toList();
    return sorted.stream()
        .map(kind -> kind.getValue() + " " + kind.getKey())
        .collect(Collectors.joining(", "));
  }
}
