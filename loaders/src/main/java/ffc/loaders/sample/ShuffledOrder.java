package ffc.loaders.sample;

/** A fresh keyed permutation each epoch. Keeps the permutation of the epoch it was last asked. */
public final class ShuffledOrder implements Order {
  private final long size;
  private final long key;
  private volatile Epoch current;

  private record Epoch(long number, Permutation order) {}

  /**
   * @param size number of elements, at least 1
   * @param key seed of this order; mixed with the epoch, not added to it
   */
  public ShuffledOrder(long size, long key) {
    this.size = size;
    this.key = key;
    this.current = epoch(0);
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public long at(long epoch, long position) {
    Epoch now = current;
    if (now.number() != epoch) {
      now = epoch(epoch);
      current = now;
    }
    return now.order().at(position);
  }

  private Epoch epoch(long number) {
    return new Epoch(number, new Permutation(size, Keyed.hash(key, number)));
  }
}
