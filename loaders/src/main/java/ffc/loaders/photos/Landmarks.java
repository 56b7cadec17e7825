package ffc.loaders.photos;

import ffc.loaders.data.Counted;
import ffc.loaders.table.MappedFile;
import ffc.loaders.table.TextLines;
import it.unimi.dsi.fastutil.floats.FloatArrayList;
import it.unimi.dsi.fastutil.objects.Object2IntOpenHashMap;
import java.nio.file.Path;

/**
 * Five points of each face, from a text file. A line is the picture's path below the source, with
 * {@code /} between, and ten numbers behind it, between tabs, spaces or commas: x and y of the eye
 * on the left of the picture, the eye on the right, the tip of the nose, the left and the right
 * corner of the mouth, in pixels of the upright picture, the middle of its first pixel being 0, 0.
 * Empty lines and those that begin with # are passed over.
 */
final class Landmarks {
  private static final int LONGEST = 1 << 14;
  private static final int NUMBERS = 10;

  /** Points closer to each other are no pixels: parts of the picture's size, most likely. */
  private static final float LEAST_SPREAD = 2;

  private final Path file;
  private final Object2IntOpenHashMap<String> places = new Object2IntOpenHashMap<>();
  private final FloatArrayList numbers = new FloatArrayList();
  private long used;

  private Landmarks(Path file) {
    this.file = file;
    places.defaultReturnValue(-1);
  }

  /**
   * Reads them all.
   *
   * @throws ffc.loaders.data.BadDataException at the first line that is none, with its number
   */
  static Landmarks read(Path file) {
    Landmarks landmarks = new Landmarks(file);
    TextLines lines = new TextLines(MappedFile.open(file), 0, LONGEST);
    while (lines.next()) {
      String line = lines.text().strip();
      if (!line.isEmpty() && line.charAt(0) != '#') {
        landmarks.add(line, lines);
      }
    }
    if (landmarks.places.isEmpty()) {
      throw new ffc.loaders.data.BadDataException(file + ": holds no line with five points");
    }
    return landmarks;
  }

  private void add(String line, TextLines lines) {
    float[] points = new float[NUMBERS];
    int end = line.length();
    for (int i = NUMBERS - 1; i >= 0; i--) {
      int from = end;
      while (from > 0 && !between(line.charAt(from - 1))) {
        from--;
      }
      points[i] = number(line.substring(from, end), i, line, lines);
      end = from;
      while (end > 0 && between(line.charAt(end - 1))) {
        end--;
      }
    }
    if (end == 0) {
      throw wanted("ten numbers without a path", lines);
    }
    if (spread(points) < LEAST_SPREAD) {
      throw lines.fault(
          "its five points lie within %d pixels; wanted pixels of the picture as it is stored"
              .formatted((int) LEAST_SPREAD));
    }
    String path = line.substring(0, end);
    if (places.putIfAbsent(path, numbers.size()) >= 0) {
      throw lines.fault(path + " has a line already; wanted one face a picture");
    }
    numbers.addElements(numbers.size(), points);
  }

  private static boolean between(char c) {
    return c == '\t' || c == ' ' || c == ',';
  }

  private static float number(String text, int i, String line, TextLines lines) {
    try {
      float value = Float.parseFloat(text);
      if (Float.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    int shown = Math.min(line.length(), 60);
    throw wanted(
        "\"%s%s\" with \"%s\" as number %d"
            .formatted(line.substring(0, shown), shown < line.length() ? "..." : "", text, i + 1),
        lines);
  }

  private static RuntimeException wanted(String got, TextLines lines) {
    return lines.fault(
        "got %s, wanted a path and ten numbers: x and y of the left eye, the right eye, the nose, the left and the right corner of the mouth"
            .formatted(got));
  }

  private static float spread(float[] points) {
    float most = 0;
    for (int i = 2; i < NUMBERS; i++) {
      most = Math.max(most, Math.abs(points[i] - points[i % 2]));
    }
    return most;
  }

  /** Points of a picture, x before y; null if it has no line. Each picture is asked for once. */
  float[] of(String path) {
    int at = places.getInt(path);
    if (at < 0) {
      return null;
    }
    used++;
    return numbers.subList(at, at + NUMBERS).toFloatArray();
  }

  /** A line on the rows that no picture asked for; empty if there are none. */
  String unused() {
    long more = places.size() - used;
    return more == 0
        ? ""
        : "%s of %s %s no picture of the source%n"
            .formatted(Counted.of(more, "line"), file, more == 1 ? "names" : "name");
  }

  @Override
  public String toString() {
    return file.toString();
  }
}
