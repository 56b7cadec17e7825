package ffc.loaders;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.index.DatasetIndex;
import ffc.loaders.source.FolderSource;
import ffc.loaders.source.Sources;
import ffc.loaders.source.Synthetic;
import ffc.loaders.table.HeapTable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Opens data sets by format. */
public final class DataSets {
  private DataSets() {}

  /**
   * Opens a data set of any format, without a record cache.
   *
   * @throws BadDataException if it is missing, corrupt or inconsistent
   */
  public static Dataset open(DataConfig.Source source) {
    return open(source, 0);
  }

  /**
   * Opens the training set of a configuration, with its record cache.
   *
   * @throws BadDataException if it is missing, corrupt or inconsistent
   */
  public static Dataset open(DataConfig config) {
    return open(config.train(), config.cacheBytes());
  }

  /**
   * Opens a data set.
   *
   * @param cacheBytes encoded records to keep in memory, 0 for no cache
   * @throws BadDataException if it is missing, corrupt or inconsistent
   */
  public static Dataset open(DataConfig.Source source, long cacheBytes) {
    return switch (source.format()) {
      case index -> DatasetIndex.open(Sources.path(source.text()), cacheBytes);
      case synthetic -> {
        Path index = Sources.path(source.text());
        yield Files.isDirectory(index)
            ? DatasetIndex.open(index, 0)
            : Synthetic.open(source.text());
      }
      default -> HeapTable.open(Sources.open(source), cacheBytes);
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
        ? HeapTable.open(new FolderSource(source.text(), Sources.paths(source), faults), 0)
        : open(source, 0);
  }
}
