package ffc.loaders.format;

import ffc.loaders.BadDataException;
import ffc.loaders.DataConfig;
import ffc.loaders.Dataset;
import ffc.loaders.store.IdentityTable;
import ffc.loaders.store.RecordDataset;
import ffc.loaders.store.Records;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Opens data sets by format. */
public final class Datasets {
  private Datasets() {}

  /**
   * Opens a data set.
   *
   * @param cacheBytes encoded records to keep in memory, 0 for no cache
   * @throws BadDataException if it is missing, corrupt or inconsistent
   */
  public static Dataset open(DataConfig.Source source, long cacheBytes) {
    List<Path> paths = paths(source.path());
    return switch (source.format()) {
      case recordio -> RecordIoPack.open(paths, source.path(), cacheBytes);
      default -> throw new BadDataException(source.path() + ": format " + source.format());
    };
  }

  private static List<Path> paths(String text) {
    List<Path> paths = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      if (part.isBlank()) {
        throw new BadDataException("data path \"" + text + "\" has an empty part");
      }
      paths.add(Path.of(part.strip()));
    }
    return paths;
  }

  static Dataset of(
      String name, String fingerprint, IdentityTable table, Records records, long cacheBytes) {
    return new RecordDataset(name, fingerprint, table, records);
  }
}
