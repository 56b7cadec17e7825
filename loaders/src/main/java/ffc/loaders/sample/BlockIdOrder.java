package ffc.loaders.sample;

/** Every identity once an epoch, block by block; within a block in a fresh keyed order. */
final class BlockIdOrder implements Order {
  private final Blocks blocks;
  private final long key;
  private final Epoch[] recent = new Epoch[2];

  /** Positions at which the blocks of an epoch begin, in their order. */
  private record Epoch(long number, Permutation order, long[] begins) {}

  BlockIdOrder(Blocks blocks, long key) {
    this.blocks = blocks;
    this.key = key;
  }

  @Override
  public long size() {
    return blocks.identities();
  }

  @Override
  public long at(long epoch, long position) {
    Epoch now = epoch(epoch);
    int visit = Blocks.find(now.begins(), position);
    long block = now.order().at(visit);
    long first = blocks.firstIdentity(block);
    Permutation within =
        new Permutation(blocks.firstIdentity(block + 1) - first, Keyed.hash(key, epoch, block));
    return first + within.at(position - now.begins()[visit]);
  }

  private synchronized Epoch epoch(long number) {
    int slot = (int) (number & 1); // two epochs meet in a batch
    if (recent[slot] == null || recent[slot].number() != number) {
      Permutation order = blocks.order(number);
      long[] begins = new long[blocks.count() + 1];
      for (int i = 0; i < blocks.count(); i++) {
        long block = order.at(i);
        begins[i + 1] = begins[i] + blocks.firstIdentity(block + 1) - blocks.firstIdentity(block);
      }
      recent[slot] = new Epoch(number, order, begins);
    }
    return recent[slot];
  }
}
