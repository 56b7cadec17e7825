package ffc.loaders.parquet;

import ffc.loaders.data.BadDataException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where tables lie, and by which columns: a path is {@code files} or {@code files:IMAGE:LABEL}, and
 * files are one, a folder of them, or {@code folder/train-*.parquet}.
 *
 * @param image column, or null if it is to be found
 * @param label column, or null if it is to be found
 */
record Location(Path files, String image, String label) {
  static final String ENDING = ".parquet";

  private static final Pattern COLUMNS = Pattern.compile("(?s)(.+):([^:/]+):([^:/]+)");

  /** Names of files of which several make a set, as in {@code train-00003-of-00012.parquet}. */
  private static final Pattern NUMBERED = Pattern.compile("(?s)(.*)-([0-9]+)-of-([0-9]+)(.*)");

  static Location of(Path path) {
    Matcher columns = COLUMNS.matcher(path.toString());
    return Files.exists(path) || !columns.matches()
        ? new Location(path, null, null)
        : new Location(Path.of(columns.group(1)), columns.group(2), columns.group(3));
  }

  /** A file with the columns of this, as a path. */
  Path with(Path file) {
    return image == null ? file : Path.of(file + ":" + image + ":" + label);
  }

  /** Whether it is named as tables are, or is a folder that holds some and no folder. */
  boolean claims() {
    if (!Files.isDirectory(files)) {
      return isTable(files);
    }
    boolean found = false;
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(files)) {
      for (Path entry : entries) {
        if (Files.isDirectory(entry)) {
          return false; // of an identity
        }
        found |= isTable(entry);
      }
    } catch (IOException | DirectoryIteratorException e) {
      return false; // whoever reads it says why it cannot be read
    }
    return found;
  }

  private static boolean isTable(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(ENDING);
  }

  /**
   * The files in the order in which they are read.
   *
   * @return the path itself if it is no folder and no pattern, whether it exists or not
   * @throws BadDataException if there are none, or they are not all of one set
   */
  List<Path> list() {
    if (Files.isDirectory(files)) {
      return oneSet(listed(files, "*"));
    }
    String name = files.getFileName() == null ? "" : files.getFileName().toString();
    if (Files.exists(files) || name.indexOf('*') < 0) {
      return List.of(files);
    }
    Path folder = files.toAbsolutePath().getParent();
    return oneSet(listed(files.getParent() == null ? folder : files.getParent(), name));
  }

  private List<Path> listed(Path folder, String pattern) {
    String wanted = "\\Q" + pattern.replace("*", "\\E.*\\Q") + "\\E";
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (name.matches("(?s)" + wanted) && isTable(entry) && !name.startsWith(".")) {
          found.add(entry);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      throw new BadDataException(folder + ": cannot be listed: " + e.getMessage(), e);
    }
    if (found.isEmpty()) {
      throw new BadDataException(files + ": no " + ENDING + " there");
    }
    Collections.sort(found);
    return found;
  }

  /** Refuses to take training and test files for one set, and sets of which a file is missing. */
  private List<Path> oneSet(List<Path> found) {
    Map<String, Integer> sets = new TreeMap<>();
    Map<String, Integer> sizes = new TreeMap<>();
    for (Path file : found) {
      Matcher name = NUMBERED.matcher(file.getFileName().toString());
      if (name.matches()) {
        sets.merge(name.group(1), 1, Integer::sum);
        sizes.put(name.group(1), Integer.parseInt(cut(name.group(3))));
      }
    }
    if (sets.size() > 1) {
      throw new BadDataException(
          "%s: holds files of %s; name one of these sets, as in %s"
              .formatted(
                  files,
                  String.join(", ", sets.keySet()),
                  found.get(0).resolveSibling(sets.keySet().iterator().next() + "-*" + ENDING)));
    }
    sets.forEach(
        (set, files) -> {
          if (!files.equals(sizes.get(set))) {
            throw new BadDataException(
                "%s: %d files of %s, which has %d by their names"
                    .formatted(this.files, files, set, sizes.get(set)));
          }
        });
    return found;
  }

  private static String cut(String digits) {
    return digits.length() > 9 ? digits.substring(digits.length() - 9) : digits;
  }
}
