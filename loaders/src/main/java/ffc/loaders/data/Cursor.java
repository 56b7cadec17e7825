package ffc.loaders.data;

/**
 * Where the two loaders stand, for the whole world of trainers: the same numbers resume the run on
 * any number of trainers.
 *
 * @param idEpoch epoch of the ID loader
 * @param idPosition identities of that epoch already taken by all trainers together
 * @param epoch epoch of the instance loader
 * @param position images of that epoch already taken by all trainers together
 * @param skipped unreadable images that the trainer holding this cursor has left out so far
 * @param step batches taken before
 */
public record Cursor(
    long idEpoch, long idPosition, long epoch, long position, long skipped, long step) {
  /** The beginning of a run. */
  public static final Cursor START = new Cursor(0, 0, 0, 0, 0, 0);

  /** This place with another count of unreadable images. */
  public Cursor withSkipped(long count) {
    return new Cursor(idEpoch, idPosition, epoch, position, count, step);
  }
}
