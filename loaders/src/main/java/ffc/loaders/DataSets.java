package ffc.loaders;

import ffc.loaders.data.BadDataException;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.format.DataFormats;
import ffc.loaders.remote.RemoteException;
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
    try {
      return DataFormats.of(source.format()).open(source, cacheBytes);
    } catch (RemoteException e) {
      throw new BadDataException(e.getMessage(), e); // nothing has begun that could have failed
    }
  }

  /**
   * Opens a set for inspection: what can be passed over is, such as folders without an image.
   *
   * @param faults hears a line of each
   * @throws BadDataException if it is missing, corrupt or inconsistent in any other way
   */
  public static Dataset inspect(DataConfig.Source source, Consumer<String> faults) {
    try {
      return DataFormats.of(source.format()).inspect(source, faults);
    } catch (RemoteException e) {
      throw new BadDataException(e.getMessage(), e);
    }
  }
}
