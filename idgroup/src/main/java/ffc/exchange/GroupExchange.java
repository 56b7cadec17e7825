package ffc.exchange;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the trainers of a run tell each other. They work in lock-step: all make the same calls in
 * the same order, {@link #beginStep} first in every step, and each call gives all of them the same
 * bits. A trainer changes its state only after the last call of a step, so that a step is applied
 * by all or can be taken over from one who applied it.
 *
 * <p>Any call after {@link #begin} may throw {@link EpochEndedException}; {@link #rejoin} answers
 * it. Not thread-safe.
 */
public interface GroupExchange extends AutoCloseable {
  /**
   * Enters the run and waits until its trainers are there. The replica is then at the step at which
   * all go on, loaded from another trainer if this one was behind.
   *
   * @param replica this trainer's state, kept for {@link #rejoin}
   * @return false if there is nothing to do: the run is through, here or with the others
   * @throws IllegalArgumentException if the trainers there refuse this one
   * @throws IllegalStateException if too few trainers come in time
   */
  boolean begin(Replica replica);

  /**
   * Waits for the next epoch after an {@link EpochEndedException}; rank, number of trainers and the
   * replica may change.
   *
   * @return false if there is no next epoch because the others have finished the run
   * @throws IllegalStateException if too few trainers come in time
   */
  boolean rejoin();

  /** Whether this trainer is alone for the whole run: nobody is there, and nobody will come. */
  default boolean isAlone() {
    return false;
  }

  /** Number of trainers present; before {@link #begin} the number configured. */
  int trainers();

  /** This trainer's place among those present, in [0, trainers), which is its rank if all are. */
  int rank();

  /**
   * Stands between two steps: nothing of the next one may have been computed yet, running
   * statistics of batch norm included. Here the replicas are compared, if it is time, and those who
   * wait to come in are let in.
   *
   * @param step number of the step that follows, one more at each call
   * @throws EpochEndedException if the set of trainers changes
   * @throws IllegalStateException if the replicas differ
   */
  void beginStep(long step);

  /**
   * Gives this trainer's part of a step and waits for the others'.
   *
   * @param step that {@link #beginStep} named
   * @return both sides over all trainers, in the global order
   * @throws EpochEndedException if the set of trainers changes; the step must be started over
   * @throws IllegalStateException if a trainer's part does not come in time, or is another step's
   */
  GlobalBatch exchange(long step, Contribution mine);

  /** How floats travel between trainers; they are added in single precision either way. */
  enum Wire {
    /** As {@code cluster.gradients} says. */
    gradients,
    /** Unchanged. */
    exact
  }

  /**
   * Adds up an array over the trainers, in place, in rank order.
   *
   * @param values of one length on all trainers
   * @throws EpochEndedException if the set of trainers changes; the content is then undefined
   */
  void allReduceSum(float[] values, Wire wire);

  /**
   * Gives a few bytes and gets everyone's.
   *
   * @return the bytes of each trainer, in rank order, own ones included
   * @throws EpochEndedException if the set of trainers changes
   */
  List<byte[]> allGather(byte[] mine);

  /**
   * {@link #allGather} after work that only some trainers do and that may take long, such as an
   * evaluation: it has no deadline as long as the others live.
   */
  List<byte[]> meet(byte[] mine);

  /**
   * The epoch that is under way, for those who connect its trainers beside this exchange; another
   * object in each epoch.
   *
   * @return empty where there is nothing to connect: one trainer, or all in one process
   */
  default Optional<EpochLink> link() {
    return Optional.empty();
  }

  /** Figures since the last call, by name, for the reports of a run. */
  Map<String, Double> statistics();

  /** After the last step: waits a moment until the other trainers have all they need from here. */
  void finish();

  /**
   * Before a failure that all trainers come to by themselves: waits a moment until they have, so
   * that none of them takes it for a loss.
   */
  void giveUp();

  @Override
  void close();
}
