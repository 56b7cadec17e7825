package ffc.loaders.sample;

/** A place in an endless sequence of epochs of one size. */
final class SamplerPosition {
  private final long size;
  private long epoch;
  private long position;
  private long lastEpoch;
  private long lastPosition;

  SamplerPosition(long size, long epoch, long position) {
    if (epoch < 0 || position < 0 || position >= size) {
      throw new IllegalArgumentException(
          "cursor stands at position %d of epoch %d, the data set has %d; it belongs to another set"
              .formatted(position, epoch, size));
    }
    this.size = size;
    this.epoch = epoch;
    this.position = position;
  }

  /** Moves on, over epoch ends. */
  void skip(long count) {
    lastEpoch = epoch;
    lastPosition = position;
    long to = position + count;
    epoch += to / size;
    position = to % size;
  }

  long epoch() {
    return epoch;
  }

  long position() {
    return position;
  }

  /** Epoch before the last move. */
  long lastEpoch() {
    return lastEpoch;
  }

  /** Position before the last move. */
  long lastPosition() {
    return lastPosition;
  }
}
