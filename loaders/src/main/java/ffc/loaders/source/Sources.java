package ffc.loaders.source;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.table.Source;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Opens sources by format; a new format is a class beside this one and a line here. */
public final class Sources {
  private Sources() {}

  /** The source behind a format that an index can be built from. */
  public static Source open(DataConfig.Source source) {
    return open(
        source.format(),
        source.text(),
        paths(source),
        source.labels() == DataConfig.Labels.compact);
  }

  /**
   * As above, with paths already told apart.
   *
   * @param name for messages
   * @param compact whether labels may have gaps and are numbered anew
   */
  public static Source open(
      DataConfig.Format format, String name, List<Path> paths, boolean compact) {
    return switch (format) {
      case recordio -> new RecordIoSource(name, paths, compact);
      case folder -> new FolderSource(name, paths);
      case lmdb -> new LmdbSource(name, paths, compact);
      case manifest -> new ManifestSource(name, paths);
      case index, synthetic ->
          throw new IllegalArgumentException(name + ": format " + format + " needs no index");
    };
  }

  /**
   * The paths of a source: the elements of a list as they stand; a single text is one path if that
   * exists, else its parts between commas.
   */
  public static List<Path> paths(DataConfig.Source source) {
    List<String> texts = source.path();
    if (texts.size() == 1 && (texts.get(0).isBlank() || !Files.exists(path(texts.get(0))))) {
      texts = List.of(texts.get(0).split(",", -1));
    }
    List<Path> paths = new ArrayList<>();
    for (String text : texts) {
      if (text.isBlank()) {
        throw new BadDataException("data path \"" + source.text() + "\" has an empty part");
      }
      paths.add(path(text.strip()));
    }
    return paths;
  }

  /** Files and folders that must exist for a source to be opened. */
  public static List<Path> files(DataConfig.Source source) {
    return paths(source).stream()
        .flatMap(
            path ->
                source.format() == DataConfig.Format.lmdb
                    ? LmdbSource.Location.of(path).files()
                    : Stream.of(path))
        .toList();
  }

  /**
   * The format of what lies at a path.
   *
   * @throws IllegalArgumentException if nothing is there
   */
  public static DataConfig.Format formatOf(String text) {
    Path file = path(text);
    String name = text.toLowerCase(Locale.ROOT);
    if (name.endsWith(".rec")) {
      return DataConfig.Format.recordio;
    }
    Path environment = LmdbSource.Location.of(file).environment();
    if (Files.exists(environment.resolve("data.mdb")) || name.endsWith(".mdb")) {
      return DataConfig.Format.lmdb;
    }
    if (Files.exists(file.resolve("index.ffc"))) {
      return DataConfig.Format.index;
    }
    if (Files.isDirectory(file)) {
      return DataConfig.Format.folder;
    }
    if (Files.isRegularFile(file)) {
      return DataConfig.Format.manifest;
    }
    if (text.contains("=")) {
      return DataConfig.Format.synthetic;
    }
    throw new IllegalArgumentException(text + ": no such file or folder");
  }

  /** A text as a path, or a {@link BadDataException} where it cannot be one. */
  public static Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new BadDataException("data path \"" + text + "\" names no file", e);
    }
  }
}
