package ffc.core.train;

import ffc.core.checkpoint.CheckpointStream;
import ffc.core.checkpoint.Checkpoints;
import ffc.exchange.Replica;
import ffc.idgroup.IdGroup;
import ffc.idgroup.Weighted;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** A trainer as others see it: what travels to a newcomer is a whole checkpoint, file by file. */
final class TrainerReplica implements Replica {
  /** Restores a trainer from a folder. */
  interface Loader {
    void load(Path checkpoint) throws IOException;
  }

  private final LongSupplier step;
  private final BooleanSupplier through;
  private final Supplier<IdGroup> group;
  private final Supplier<Map<String, Long>> arrayHashes;
  private final Checkpoints.Content content;
  private final Loader loader;
  private boolean hasState;

  /**
   * @param through whether nothing is left to do
   * @param hasState false for a trainer that waits for another's state instead of bringing one
   */
  TrainerReplica(
      boolean hasState,
      LongSupplier step,
      BooleanSupplier through,
      Supplier<IdGroup> group,
      Supplier<Map<String, Long>> arrayHashes,
      Checkpoints.Content content,
      Loader loader) {
    this.hasState = hasState;
    this.step = step;
    this.through = through;
    this.group = group;
    this.arrayHashes = arrayHashes;
    this.content = content;
    this.loader = loader;
  }

  /**
   * The replica of a sharded method: what a newcomer needs is in no single trainer, so it only
   * learns the step, and {@link StateSync} sees to the rest. Its group is empty.
   *
   * @param through whether nothing is left to do
   * @param content writes the plain numbers of a run
   * @param loader reads them
   */
  static TrainerReplica ofSharded(
      boolean hasState,
      LongSupplier step,
      BooleanSupplier through,
      Supplier<Map<String, Long>> arrayHashes,
      Checkpoints.Content content,
      Loader loader) {
    IdGroup none = new IdGroup(1, 1, new Weighted(0.5));
    return new TrainerReplica(hasState, step, through, () -> none, arrayHashes, content, loader);
  }

  @Override
  public long step() {
    return hasState ? step.getAsLong() : -1;
  }

  @Override
  public boolean isThrough() {
    return hasState && through.getAsBoolean();
  }

  @Override
  public IdGroup group() {
    return group.get();
  }

  @Override
  public Map<String, Long> arrayHashes() {
    return arrayHashes.get();
  }

  @Override
  public void save(DataOutput out) throws IOException {
    CheckpointStream.send(out, content);
  }

  @Override
  public void load(DataInput in) throws IOException {
    // A folder, because what is loaded is read by name, after its checksums.
    Path folder = Files.createTempDirectory("ffc-state-");
    try {
      CheckpointStream.receive(in, folder);
      loader.load(folder);
    } finally {
      Checkpoints.deleteTree(folder);
    }
    hasState = true;
  }
}
