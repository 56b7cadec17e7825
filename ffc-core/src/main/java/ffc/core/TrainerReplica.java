package ffc.core;

import ffc.core.checkpoint.Checkpoints;
import ffc.idgroup.IdGroup;
import ffc.idgroup.Replica;
import ffc.idgroup.Weighted;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** A trainer as others see it: what travels to a newcomer is a whole checkpoint, file by file. */
final class TrainerReplica implements Replica {
  private static final int BUFFER = 1 << 20;

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
   * learns the step, and {@link CommonState} sees to the rest. Its group is empty.
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
    inTemporaryFolder(
        folder -> {
          Path checkpoint = new Checkpoints(folder, 1).write(step.getAsLong(), content);
          byte[] buffer = new byte[BUFFER];
          for (Path file : files(checkpoint)) {
            out.writeUTF(file.getFileName().toString());
            out.writeLong(Files.size(file));
            try (InputStream in = Files.newInputStream(file)) {
              for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                out.write(buffer, 0, n);
              }
            }
          }
          out.writeUTF("");
        });
  }

  @Override
  public void load(DataInput in) throws IOException {
    inTemporaryFolder(
        folder -> {
          byte[] buffer = new byte[BUFFER];
          for (String name = in.readUTF(); !name.isEmpty(); name = in.readUTF()) {
            if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
              throw new IllegalArgumentException(
                  "cluster: the state of another trainer names a file '" + name + "'");
            }
            long left = in.readLong();
            try (OutputStream out = Files.newOutputStream(folder.resolve(name))) {
              while (left > 0) {
                int n = (int) Math.min(left, buffer.length);
                in.readFully(buffer, 0, n);
                out.write(buffer, 0, n);
                left -= n;
              }
            }
          }
          loader.load(folder);
        });
    hasState = true;
  }

  private static void inTemporaryFolder(Loader work) throws IOException {
    Path folder = Files.createTempDirectory("ffc-state-");
    try {
      work.load(folder);
    } finally {
      Checkpoints.deleteTree(folder);
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }
}
