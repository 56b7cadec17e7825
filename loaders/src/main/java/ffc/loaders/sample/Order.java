package ffc.loaders.sample;

/** The order in which a loader visits its elements, anew each epoch. Thread-safe. */
public interface Order {

  /** Number of elements, each visited once an epoch. */
  long size();

  /** The element at a position of an epoch; position in [0, size()). */
  long at(long epoch, long position);
}
