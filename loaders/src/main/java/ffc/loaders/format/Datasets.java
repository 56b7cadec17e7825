package ffc.loaders.format;

import ffc.loaders.BadDataException;
import ffc.loaders.DataConfig;
import ffc.loaders.Dataset;
import ffc.loaders.index.DatasetIndex;
import ffc.loaders.store.HeapTable;
import ffc.loaders.store.Source;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Opens data sets and sources by format. */
public final class Datasets {
  private Datasets() {}

  /**
   * Opens a data set.
   *
   * @param cacheBytes encoded records to keep in memory, 0 for no cache
   * @throws BadDataException if it is missing, corrupt or inconsistent
   */
  public static Dataset open(DataConfig.Source source, long cacheBytes) {
    return switch (source.format()) {
      case index -> DatasetIndex.open(path(source.text()), cacheBytes);
      case synthetic -> Synthetic.open(source.text());
      default -> HeapTable.open(source(source), cacheBytes);
    };
  }

  /**
   * Opens a set for inspection: folders that hold no image are passed over and told one by one.
   *
   * @param faults hears a line of each
   * @throws BadDataException if it is missing, corrupt or inconsistent in any other way
   */
  public static Dataset inspect(DataConfig.Source source, Consumer<String> faults) {
    return source.format() == DataConfig.Format.folder
        ? HeapTable.open(new FolderSource(source.text(), paths(source), faults), 0)
        : open(source, 0);
  }

  /** The source behind a format that an index can be built from. */
  public static Source source(DataConfig.Source source) {
    return source(
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
  public static Source source(
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

  private static Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new BadDataException("data path \"" + text + "\" names no file", e);
    }
  }
}
