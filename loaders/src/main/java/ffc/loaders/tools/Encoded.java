package ffc.loaders.tools;

import ffc.loaders.data.Dataset;
import ffc.loaders.table.RecordDataset;

/** Asks for a set of stored images where bytes are copied untouched. */
final class Encoded {
  private Encoded() {}

  static RecordDataset of(Dataset data) {
    if (data instanceof RecordDataset records) {
      return records;
    }
    throw new IllegalArgumentException(
        data.name() + ": a synthetic set stores no images to be copied");
  }
}
