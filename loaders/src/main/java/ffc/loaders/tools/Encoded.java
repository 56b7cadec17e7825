package ffc.loaders.tools;

import ffc.loaders.data.Dataset;

/** Asks for a set of stored images where bytes are copied untouched. */
final class Encoded {
  private Encoded() {}

  static Dataset of(Dataset data) {
    if (!data.storesImages()) {
      throw new IllegalArgumentException(
          data.name() + ": such a set stores no images to be copied");
    }
    return data;
  }
}
