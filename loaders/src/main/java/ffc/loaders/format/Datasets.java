package ffc.loaders.format;

import ffc.loaders.BadDataException;
import ffc.loaders.DataConfig;
import ffc.loaders.Dataset;
import ffc.loaders.index.DatasetIndex;
import ffc.loaders.store.HeapTable;
import ffc.loaders.store.Source;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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
      case index -> DatasetIndex.open(path(source.path()), cacheBytes);
      case synthetic -> Synthetic.open(source.path());
      default -> HeapTable.open(source(source), cacheBytes);
    };
  }

  /** The source behind a format that an index can be built from. */
  public static Source source(DataConfig.Source source) {
    return source(source.format(), source.path(), paths(source.path()));
  }

  /**
   * As above, with paths already told apart.
   *
   * @param name for messages
   */
  public static Source source(DataConfig.Format format, String name, List<Path> paths) {
    return switch (format) {
      case recordio -> new RecordIoSource(name, paths);
      case folder -> new FolderSource(name, paths);
      case lmdb -> new LmdbSource(name, paths);
      case manifest -> new ManifestSource(name, paths);
      case index, synthetic ->
          throw new IllegalArgumentException(name + ": format " + format + " needs no index");
    };
  }

  private static List<Path> paths(String text) {
    List<Path> paths = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      if (part.isBlank()) {
        throw new BadDataException("data path \"" + text + "\" has an empty part");
      }
      paths.add(path(part.strip()));
    }
    return paths;
  }

  private static Path path(String text) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new BadDataException("data path \"" + text + "\" names no file", e);
    }
  }
}
