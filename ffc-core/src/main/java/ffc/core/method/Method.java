package ffc.core.method;

import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.CheckpointWriter;
import ffc.core.loss.Losses;
import ffc.core.net.Encoder;
import ffc.idgroup.IdGroup;
import java.io.IOException;
import java.util.Map;

/**
 * A way to train the probe: how the loss of a batch comes about and what else moves in a step. A
 * new method is one class, one configuration record and one line in the method table.
 *
 * <p>A step is {@link #accumulate}, then the probe's optimiser, then {@link #update}. A step that
 * is dropped (a loss or gradient that is not finite) ends after {@code accumulate}. All calls come
 * from the training thread, outside of gradient recording and inside a scope that closes the step's
 * arrays.
 */
public interface Method extends AutoCloseable {

  /**
   * Adds the gradients of this batch's loss to those of the probe's weights. Nothing that lasts
   * beyond the step changes, running statistics of batch norm excepted.
   *
   * @return the loss by term
   */
  Losses accumulate(DevicePair pair);

  /**
   * Completes the step of the last {@link #accumulate}, after the probe's weights moved.
   *
   * @param learningRate rate of this step
   */
  void update(double learningRate);

  /** Figures for the reports, by name. */
  Map<String, Double> statistics();

  /** The network that is evaluated as {@code gallery}, or null if the method has none. */
  Encoder gallery();

  /** The ID group of which several trainers hold a replica each; null if there is none. */
  default IdGroup group() {
    return null;
  }

  /**
   * Bits, by name, of what the method keeps beside networks and group and what must be the same on
   * all trainers.
   */
  default Map<String, Long> hashes() {
    return Map.of();
  }

  /**
   * Whether several trainers hold a share each of what the method trains. Then {@link #save} and
   * {@link #load} are calls that all of them make together. A method that has neither shares nor a
   * group trains with one trainer only.
   */
  default boolean isSharded() {
    return false;
  }

  /** Whether this trainer's share is the one that belongs to its rank among those present. */
  default boolean holdsItsShare() {
    return true;
  }

  /** Predicted bytes of what the method keeps beside the probe. */
  Footprint footprint();

  /**
   * Writes everything that an exact continuation needs, independent of trainers and devices.
   *
   * @param out of a sharded method, all is written on the first trainer
   */
  void save(CheckpointWriter out) throws IOException;

  /** Restores what {@link #save} wrote; a sharded method its share for the trainers present. */
  void load(CheckpointReader in) throws IOException;

  @Override
  void close();
}
