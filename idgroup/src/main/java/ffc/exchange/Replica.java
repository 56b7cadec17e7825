package ffc.exchange;

import ffc.idgroup.IdGroup;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Map;

/**
 * A trainer's whole state, as the others need it to bring newcomers in. Called on the thread that
 * begins or rejoins, between steps only.
 */
public interface Replica {
  /** Steps applied so far; -1 if there is no state yet, so that one must be loaded. */
  long step();

  /** Whether the run's last step and all that is due after it are done, here. */
  boolean isThrough();

  /** The ID group: its hash stands for the replica when replicas are compared. */
  IdGroup group();

  /**
   * Hashes, by name, of the arrays beside the group that have the same bits on all trainers now:
   * the networks. None at steps where the trainers' networks may differ.
   */
  Map<String, Long> arrayHashes();

  /** Writes everything that the other trainers share: networks, momenta, group, cursors, step. */
  void save(DataOutput out) throws IOException;

  /** Takes over what another trainer saved. */
  void load(DataInput in) throws IOException;
}
