package ffc.loaders.photos;

import ffc.loaders.photos.walk.Reason;
import ffc.loaders.tools.AsideFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;

/**
 * What an import does not take, all of it: a file of lines {@code path<TAB>kind<TAB>reason}, and a
 * count by kind with the first of each.
 */
final class LeftOut implements Closeable {
  private final AsideFile file;
  private final Map<Reason, Long> counts = new EnumMap<>(Reason.class);
  private final Map<Reason, String> first = new EnumMap<>(Reason.class);

  LeftOut(Path path) throws IOException {
    file = new AsideFile(path);
    file.write(line("path", "kind", "reason"));
  }

  void add(String path, Reason kind, String reason) throws IOException {
    counts.merge(kind, 1L, Long::sum);
    first.putIfAbsent(kind, clean(path) + (reason.isEmpty() ? "" : ": " + clean(reason)));
    file.write(line(path, kind.toString(), reason));
  }

  Map<String, Long> counts() {
    Map<String, Long> named = new java.util.LinkedHashMap<>();
    counts.forEach((kind, count) -> named.put(kind.toString(), count));
    return named;
  }

  /** A line for each kind: how many, and the first. */
  String text() {
    StringBuilder text = new StringBuilder();
    counts.forEach(
        (kind, count) ->
            text.append(
                "  %,d %s: %s%s%n"
                    .formatted(count, kind, count > 1 ? "first " : "", first.get(kind))));
    return text.toString();
  }

  void commit() throws IOException {
    file.commit();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  /** A line of fields between tabs. */
  static ByteBuffer line(String... fields) {
    StringBuilder line = new StringBuilder();
    for (String field : fields) {
      line.append(line.isEmpty() ? "" : "\t").append(clean(field));
    }
    return ByteBuffer.wrap(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Without what would break a line or a field. */
  private static String clean(String text) {
    return text.replaceAll("\\p{Cntrl}", "?");
  }
}
