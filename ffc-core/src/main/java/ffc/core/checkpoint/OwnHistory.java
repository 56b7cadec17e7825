package ffc.core.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;

/**
 * The {@link History} that a trainer's records tell, in a file beside them. Whoever was away learns
 * by it which of its lines are of steps that the others have made again. Why: {@code
 * docs/decisions/060-resume-is-a-branch.md}.
 */
public final class OwnHistory {
  private final SecureRandom random = new SecureRandom();
  private final Path file;
  private History history;
  private boolean isOthers;

  /** What the file tells; nothing if it is not there or damaged. */
  public OwnHistory(Path file) throws IOException {
    this.file = file;
    this.history = History.read(file);
  }

  /** Notes whether the state that this trainer now has is another one's. */
  public void loaded(boolean anothers) {
    isOthers = anothers;
  }

  /** What the others have to know: whose history counts, and the name of the part that follows. */
  public byte[] told() {
    ByteBuffer mine = ByteBuffer.allocate(1 + Long.BYTES + history.bytes());
    mine.put((byte) (isOthers ? 1 : 0)).putLong(random.nextLong());
    history.put(mine);
    return mine.array();
  }

  /**
   * Takes over the history of the first whose state is its own, and begins a part.
   *
   * @param all what the trainers tell, in rank order
   * @param step where they go on
   * @return the last step whose records here are of the run
   */
  public long agree(List<byte[]> all, long step) {
    byte[] chosen = all.stream().filter(told -> told[0] == 0).findFirst().orElse(all.get(0));
    ByteBuffer in = ByteBuffer.wrap(chosen, 1, chosen.length - 1);
    long name = in.getLong();
    History now = History.get(in).goingOn(step, name);
    long common = history.commonWith(now);
    history = now;
    isOthers = false;
    return common;
  }

  /** Call when the records tell of nothing else. */
  public void write() throws IOException {
    history.write(file);
  }
}
