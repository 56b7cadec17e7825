package ffc.loaders.sample;

import ffc.loaders.data.Dataset;

/**
 * Identities cut into blocks of consecutive numbers, which both loaders visit in one order that
 * changes with every epoch of the ID loader. Memory grows with the number of blocks alone.
 */
final class Blocks {
  private final Dataset data;
  private final long block;
  private final int count;
  private final long key;

  /**
   * @param block identities of a block, at least 1
   */
  Blocks(Dataset data, long block, long key) {
    long blocks = (data.identities() + block - 1) / block;
    if (blocks > 1 << 24) {
      throw new IllegalArgumentException(
          "data.localityBlock %d makes %d blocks of %s, at most %d are borne; make it larger"
              .formatted(block, blocks, data.name(), 1 << 24));
    }
    this.data = data;
    this.block = block;
    this.count = (int) blocks;
    this.key = key;
  }

  int count() {
    return count;
  }

  long firstIdentity(long index) {
    return Math.min(index * block, data.identities());
  }

  long firstImage(long index) {
    return data.firstImage(firstIdentity(index));
  }

  long identities() {
    return data.identities();
  }

  long images() {
    return data.images();
  }

  /** The order of the blocks in an epoch of the ID loader. */
  Permutation order(long idEpoch) {
    return new Permutation(count, Keyed.hash(key, idEpoch));
  }

  /** The index of the last sum that is not above a value, in sums that begin with 0. */
  static int find(long[] sums, long value) {
    int low = 0;
    int high = sums.length - 2;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (sums[middle] <= value) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}
