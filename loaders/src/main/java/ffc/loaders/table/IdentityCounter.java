package ffc.loaders.table;

import ffc.loaders.data.BadDataException;

/** Numbers identities along sorted rows, and finds labels that no image has. */
public final class IdentityCounter {
  private final String name;
  private final long labels;
  private long identities;
  private long last1;
  private long last2;

  /**
   * @param labels number of identities if keys are labels that run from 0 without gaps, or -1
   */
  public IdentityCounter(String name, long labels) {
    this.name = name;
    this.labels = labels;
  }

  /** Takes the next row's key; true if it begins an identity. */
  public boolean next(long key1, long key2) {
    if (identities > 0 && key1 == last1 && key2 == last2) {
      return false;
    }
    if (labels >= 0 && key1 != identities) {
      throw missing();
    }
    last1 = key1;
    last2 = key2;
    identities++;
    return true;
  }

  /** Checks that the last label was met. */
  public void end() {
    if (identities == 0) {
      throw new BadDataException(name + ": no image in it");
    }
    if (labels >= 0 && identities < labels) {
      throw missing();
    }
  }

  public long identities() {
    return identities;
  }

  private BadDataException missing() {
    return new BadDataException(
        ("%s: identity %d of %d has no image; labels must run from 0 to %d without gaps,"
                + " unless labels is set to compact (--labels compact)")
            .formatted(name, identities, labels, labels - 1));
  }
}
