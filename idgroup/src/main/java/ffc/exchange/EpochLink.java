package ffc.exchange;

import java.time.Duration;

/**
 * The membership epoch that is under way, for means of communication beside the exchange: they
 * connect the trainers of one epoch, and end with it.
 */
public interface EpochLink {
  /** Means that the trainers are to use. */
  Sums sums();

  /** Address of this machine that is the trainers' to use, and no other. */
  String address();

  /** Configured rank of the trainer at a place, for people. */
  int rank(int place);

  /** How long a call may wait for a trainer that is there but silent. */
  Duration deadline();

  /** Has an action run once when the epoch ends, by whichever thread ends it; at once if it has. */
  void whenEnded(Runnable action);

  /** Waits whether the epoch ends soon: so long that a loss of a trainer has shown by then. */
  boolean endsSoon();

  /**
   * Ends the epoch for this trainer, and so for the others.
   *
   * @return to throw
   */
  EpochEndedException broken(String reason);

  /**
   * The failure of a call that took longer than the deadline although the epoch goes on.
   *
   * @return to throw; names the trainer that is silent
   */
  IllegalStateException silent();

  /** Counts bytes that this trainer has sent beside the exchange. */
  void sent(long bytes);

  /** Tells a person a line. */
  void say(String line);
}
