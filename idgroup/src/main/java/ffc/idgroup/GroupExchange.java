package ffc.idgroup;

/**
 * How trainers learn what all of them contribute to a step. Every trainer calls {@link #exchange}
 * once a step and gets the same batch, bit for bit.
 */
public interface GroupExchange extends AutoCloseable {
  /** Number of trainers. */
  int trainers();

  /** This trainer's rank, in [0, trainers). */
  int rank();

  /**
   * Gives this trainer's part of a step and waits for the others'.
   *
   * @param step number of the step, one more at each call
   * @return both sides over all trainers, in the global order
   * @throws IllegalStateException if a trainer's part does not come in time, or is another step's
   */
  GlobalBatch exchange(long step, Contribution mine);

  @Override
  void close();
}
