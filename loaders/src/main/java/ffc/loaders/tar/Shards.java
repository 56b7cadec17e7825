package ffc.loaders.tar;

import ffc.loaders.data.BadDataException;
import ffc.loaders.format.DataFormats;
import ffc.loaders.remote.RemotePath;
import ffc.loaders.table.Place;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The tars that a path stands for: one, a folder of them, or a range {@code {000..099}}. */
final class Shards {
  private static final Pattern RANGE = Pattern.compile("\\{([0-9]{1,9})\\.\\.([0-9]{1,9})}");
  private static final Pattern NAME = Pattern.compile("(?is).*\\.(tar|tar\\.gz|tgz)");

  private Shards() {}

  /** Whether a path is named as tars are, packed or not, or is a folder that holds nothing else. */
  static boolean at(Path path) {
    if (RemotePath.isRemote(path) || !Files.isDirectory(path)) {
      return NAME.matcher(path.toString()).matches();
    }
    boolean found = false;
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
      for (Path entry : entries) {
        if (Files.isDirectory(entry)) {
          return false; // of an identity
        }
        found |= isTar(entry);
      }
    } catch (IOException | DirectoryIteratorException e) {
      return false; // whoever reads it says why it cannot be read
    }
    return found;
  }

  /**
   * The tars in the order in which they are read.
   *
   * @return the path itself if it is no range and no folder, or nothing is there
   * @throws BadDataException if a folder holds none, or a range none or too many
   */
  static List<Path> of(Path path) {
    if (Files.isDirectory(path)) {
      return inFolder(path);
    }
    return Files.exists(path)
        ? List.of(path)
        : range(path.toString()).stream().map(DataFormats::path).toList();
  }

  private static List<Path> inFolder(Path folder) {
    List<Path> tars = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        if (isTar(entry) && !entry.getFileName().toString().startsWith(".")) {
          tars.add(entry);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      throw new BadDataException(folder + ": cannot be listed: " + e.getMessage(), e);
    }
    if (tars.isEmpty()) {
      throw new BadDataException(folder + ": no .tar in it");
    }
    Collections.sort(tars);
    return tars;
  }

  private static boolean isTar(Path file) {
    return file.toString().endsWith(".tar") && Files.isRegularFile(file);
  }

  private static List<String> range(String text) {
    Matcher range = RANGE.matcher(text);
    if (!range.find()) {
      return List.of(text);
    }
    int first = Integer.parseInt(range.group(1));
    int last = Integer.parseInt(range.group(2));
    if (first > last || last - first >= Place.MAX_PARTS) {
      throw new BadDataException(
          "%s: %s stands for %d tars, wanted 1 to %d"
              .formatted(text, range.group(), Math.max(0L, last - first + 1L), Place.MAX_PARTS));
    }
    int digits = range.group(1).length();
    List<String> tars = new ArrayList<>();
    for (int number = first; number <= last; number++) {
      String one = ("%0" + digits + "d").formatted(number);
      tars.addAll(range(text.substring(0, range.start()) + one + text.substring(range.end())));
    }
    return tars;
  }
}
