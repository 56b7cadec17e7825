package ffc.loaders.sample;

/**
 * Images block by block, in step with the ID loader: while that loader passes once over all
 * identities (a round), this one takes from each block its share of the images that it draws in the
 * same time. Each block keeps a sequence of passes of its own, every image once a pass in a fresh
 * order, so that no image gets a further turn before all others of its block had theirs.
 *
 * <p>With b identities and q images drawn a step, a round takes the fraction f = C·q / (M·b) of all
 * images. A block with m images has given ⌊k·m·f⌋ of them before round k; these counts fix where a
 * round begins and how much of a block it takes, so that any position is found from nothing.
 */
final class BlockInstanceOrder implements Order {
  private final Blocks blocks;
  private final long key;
  private final double fraction;
  private final Round[] recent = new Round[2];

  /** What a round takes from each block, in the round's order, as positions in all rounds. */
  private record Round(long number, Permutation order, long start, long[] begins) {
    boolean holds(long position) {
      return position >= start && position < start + begins[begins.length - 1];
    }
  }

  /**
   * @param fraction of all images that are drawn in one epoch of the ID loader, above 0
   */
  BlockInstanceOrder(Blocks blocks, long key, double fraction) {
    this.blocks = blocks;
    this.key = key;
    this.fraction = fraction;
  }

  @Override
  public long size() {
    return blocks.images();
  }

  @Override
  public long at(long epoch, long position) {
    long drawn = epoch * blocks.images() + position;
    Round round = round(drawn);
    int visit = Blocks.find(round.begins(), drawn - round.start());
    long block = round.order().at(visit);
    long first = blocks.firstImage(block);
    long images = blocks.firstImage(block + 1) - first;
    long turn = given(round.number(), images) + drawn - round.start() - round.begins()[visit];
    Permutation pass = new Permutation(images, Keyed.hash(key, block, turn / images));
    return first + pass.at(turn % images);
  }

  /** Images that a block of {@code images} has given before a round. */
  private long given(long round, long images) {
    return (long) ((double) (round * images) * fraction);
  }

  private long start(long round) {
    long sum = 0;
    for (int block = 0; block < blocks.count(); block++) {
      sum += given(round, blocks.firstImage(block + 1) - blocks.firstImage(block));
    }
    return sum;
  }

  private synchronized Round round(long position) {
    for (Round round : recent) {
      if (round != null && round.holds(position)) {
        return round;
      }
    }
    long number = (long) (position / (blocks.images() * fraction));
    while (start(number) > position) {
      number--;
    }
    while (start(number + 1) <= position) {
      number++;
    }
    Permutation order = blocks.order(number);
    long[] begins = new long[blocks.count() + 1];
    for (int i = 0; i < blocks.count(); i++) {
      long block = order.at(i);
      long images = blocks.firstImage(block + 1) - blocks.firstImage(block);
      begins[i + 1] = begins[i] + given(number + 1, images) - given(number, images);
    }
    Round round = new Round(number, order, start(number), begins);
    recent[(int) (number & 1)] = round;
    return round;
  }
}
