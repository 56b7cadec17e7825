package ffc.core.train;

import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.CheckpointStream;
import ffc.core.checkpoint.Checkpoints;
import ffc.core.checkpoint.OwnHistory;
import ffc.core.method.Method;
import ffc.exchange.EpochEndedException;
import ffc.exchange.GroupExchange;
import ffc.exchange.Replica;
import ffc.idgroup.IdGroup;
import ffc.idgroup.Weighted;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;

/**
 * A trainer among the others: how they come to one state when an epoch of membership begins. What
 * travels to a newcomer is a whole checkpoint, file by file. Of a sharded method what it needs is
 * in no single trainer, so it only learns the step, and {@link StateSync} sees to the rest.
 */
final class Team implements Replica {
  private final GroupExchange exchange;
  private final int syncEvery;
  private final Method method;
  private final TrainerContent content;
  private final Position position;
  private final StateSync sync;
  private final Checkpointing checkpointing;
  private final EndOfStep endOfStep;
  private final OwnHistory history;
  private final RunObserver observer;
  private final IdGroup none = new IdGroup(1, 1, new Weighted(0.5));
  private boolean hasState;
  private boolean hasBegun;

  /**
   * @param syncEvery steps between averages of the networks, 1 = gradients are added up
   * @param position what others take over, and what is set to theirs
   * @param history of this trainer's records
   */
  Team(
      GroupExchange exchange,
      int syncEvery,
      Method method,
      TrainerContent content,
      Position position,
      StateSync sync,
      Checkpointing checkpointing,
      EndOfStep endOfStep,
      OwnHistory history,
      RunObserver observer) {
    this.exchange = exchange;
    this.syncEvery = syncEvery;
    this.method = method;
    this.content = content;
    this.position = position;
    this.sync = sync;
    this.checkpointing = checkpointing;
    this.endOfStep = endOfStep;
    this.history = history;
    this.observer = observer;
    this.hasState = exchange.rank() == 0; // the others wait for another's instead of bringing one
  }

  /** Meets the others; false if they have finished the run. */
  boolean begin() throws IOException {
    boolean trains = exchange.begin(this) && settle();
    hasBegun = true;
    return trains;
  }

  /** Meets the others of the next epoch; false if they have finished the run. */
  boolean rejoin() throws IOException {
    return exchange.rejoin() && settle();
  }

  /**
   * Comes to one state with the others of an epoch that has begun, or of the one after it; false if
   * they have finished the run instead.
   */
  private boolean settle() throws IOException {
    do {
      try {
        if (method.isSharded()) {
          settleShares();
        }
        settleHistory();
        settleEndOfStep();
        return true;
      } catch (EpochEndedException e) {
        // Once more, with those of the next epoch.
      }
    } while (exchange.rejoin());
    return false;
  }

  /** After the records have been told where the run begins. */
  void recorded() throws IOException {
    if (keepsHistory()) {
      history.write();
    }
  }

  /** Trainers that cannot be lost one by one have one history. */
  private boolean keepsHistory() {
    return exchange.link().isPresent();
  }

  private void settleHistory() throws IOException {
    if (!keepsHistory()) {
      return;
    }
    long common = history.agree(exchange.meet(history.told()), position.step());
    if (common < position.step()) {
      observer.madeAgain(common);
    }
    if (hasBegun) {
      history.write();
    }
  }

  private void settleShares() throws IOException {
    long before = position.step();
    OptionalInt loaded =
        sync.settle(
            method.holdsItsShare(),
            before,
            () -> checkpointing.writeFirst(position.state()),
            in -> {
              position.move(content.load(in));
              endOfStep.loaded(position.state());
            });
    loaded.ifPresent(source -> history.loaded(source != exchange.rank()));
    // A trainer that has just come goes back only if it came from a later checkpoint than the
    // others'.
    if (loaded.isPresent() && (hasBegun || before > position.step())) {
      observer.wentBack(before, position.step());
    }
  }

  /**
   * Tells each other what is through of this step's end, and of a wish to stop: who missed the end
   * of the last epoch does not know.
   */
  private void settleEndOfStep() {
    ByteBuffer mine = ByteBuffer.allocate(2 + Double.BYTES);
    mine.put((byte) (endOfStep.isPassed(position.step()) ? 1 : 0))
        .put((byte) (position.isStopped() ? 1 : 0))
        .putDouble(position.state().bestValue());
    for (byte[] bytes : exchange.meet(mine.array())) {
      ByteBuffer theirs = ByteBuffer.wrap(bytes);
      boolean passed = theirs.get() != 0;
      if (theirs.get() != 0) {
        position.stop();
      }
      if (passed) {
        endOfStep.pass(position.step());
        position.move(position.state().withBest(theirs.getDouble()));
      }
    }
  }

  @Override
  public long step() {
    return hasState ? position.step() : -1;
  }

  @Override
  public boolean isThrough() {
    return hasState && position.atEnd() && endOfStep.isPassed(position.step());
  }

  /** Of a sharded method an empty one. */
  @Override
  public IdGroup group() {
    return method.isSharded() ? none : method.group();
  }

  /** Local steps leave the networks apart until they are averaged. */
  @Override
  public Map<String, Long> arrayHashes() {
    return position.step() % syncEvery == 0 ? content.hashes() : Map.of();
  }

  @Override
  public void save(DataOutput out) throws IOException {
    TrainerState state = position.state();
    CheckpointStream.send(
        out, method.isSharded() ? state::save : files -> content.save(files, state));
  }

  @Override
  public void load(DataInput in) throws IOException {
    // A folder, because what is loaded is read by name, after its checksums.
    Path folder = Files.createTempDirectory("ffc-state-");
    try {
      CheckpointStream.receive(in, folder);
      takeOver(CheckpointReader.open(folder));
    } finally {
      Checkpoints.deleteTree(folder);
    }
    hasState = true;
  }

  private void takeOver(CheckpointReader in) throws IOException {
    if (method.isSharded()) {
      sync.lost();
      position.move(TrainerState.load(in));
    } else {
      position.move(content.load(in));
    }
    endOfStep.tookOver();
    history.loaded(true);
  }
}
