package ffc.core.train;

import ffc.core.checkpoint.CheckpointReader;
import ffc.exchange.GroupExchange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.OptionalInt;

/**
 * How the trainers of a sharded method come to one state when an epoch of membership begins. Each
 * holds a share that nobody else has. If all hold theirs, of one history, they go on; otherwise all
 * go back to the newest checkpoint that any of them has. A run that begins writes one first, so
 * that there always is one to go back to. Why: {@code docs/decisions/041-classes-dealt-out.md}.
 */
final class StateSync {
  private static final int BYTES = 1 + 3 * Long.BYTES;

  private final GroupExchange exchange;
  private final SecureRandom random = new SecureRandom();
  private boolean whole;
  private long history;
  private Path checkpoint;
  private long checkpointStep = -1;

  /**
   * @param whole whether this trainer's networks and share belong to the same step
   */
  StateSync(GroupExchange exchange, boolean whole) {
    this.exchange = exchange;
    this.whole = whole;
  }

  /** Something that may fail on the disk, or because the trainers change. */
  interface Work {
    void run() throws IOException;
  }

  /** Restores a trainer. */
  interface Loader {
    void load(CheckpointReader in) throws IOException;
  }

  /**
   * What a trainer says of itself.
   *
   * @param whole whether it can go on with what it holds
   * @param history that its state belongs to
   * @param proposed name of the history that begins if its checkpoint is loaded
   * @param checkpointStep step of its newest checkpoint; -1 = it has none
   */
  private record Standing(boolean whole, long history, long proposed, long checkpointStep) {}

  /** Remembers this trainer's newest checkpoint. */
  void checkpoint(Path folder, long step) {
    checkpoint = folder;
    checkpointStep = step;
  }

  /** Notes that this trainer's state is not the one it says it is at. */
  void lost() {
    whole = false;
  }

  /**
   * Settles with the others on a state; all call it when an epoch has begun.
   *
   * @param holdsItsShare whether this trainer's share is the one of its present rank
   * @param step where all say they are
   * @param writeFirst writes the checkpoint of a run that begins; a call of all trainers
   * @param loader takes over a checkpoint; a call of all trainers
   * @return place of the trainer whose checkpoint was loaded; empty if none was
   * @throws IllegalStateException if a share is lost and there is no checkpoint
   */
  OptionalInt settle(boolean holdsItsShare, long step, Work writeFirst, Loader loader)
      throws IOException {
    List<Standing> all = standings(holdsItsShare);
    if (all.stream().allMatch(s -> s.whole() && s.history() == all.get(0).history())) {
      return OptionalInt.empty();
    }
    int source = newest(all, step);
    if (source < 0) {
      if (step > 0) {
        exchange.giveUp(); // so that the others come to know it too
        throw new IllegalStateException(
            "cluster: after step "
                + step
                + " a trainer is gone and its share of the class centres with it, and no trainer"
                + " that is there has a checkpoint; start rank 0 with --resume, and the others");
      }
      writeFirst.run();
      return settle(holdsItsShare, step, writeFirst, loader);
    }
    whole = false;
    loader.load(CheckpointReader.shared(exchange, source, checkpoint));
    history = all.get(source).proposed();
    whole = true;
    return OptionalInt.of(source);
  }

  private List<Standing> standings(boolean holdsItsShare) {
    ByteBuffer mine = ByteBuffer.allocate(BYTES);
    mine.put((byte) (whole && holdsItsShare ? 1 : 0))
        .putLong(history)
        .putLong(random.nextLong())
        .putLong(checkpointStep);
    return exchange.meet(mine.array()).stream()
        .map(ByteBuffer::wrap)
        .map(b -> new Standing(b.get() != 0, b.getLong(), b.getLong(), b.getLong()))
        .toList();
  }

  /**
   * The trainer with the newest checkpoint, the first of several; -1 if nobody has one. A later one
   * than the step where all say they are belongs to another run: what trainers other than the first
   * bring to a start does not count.
   */
  private static int newest(List<Standing> all, long step) {
    int source = -1;
    long newest = -1;
    for (int rank = 0; rank < all.size(); rank++) {
      long theirs = all.get(rank).checkpointStep();
      if (theirs > newest && theirs <= step) {
        source = rank;
        newest = theirs;
      }
    }
    return source;
  }
}
