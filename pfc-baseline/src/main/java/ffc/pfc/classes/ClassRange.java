package ffc.pfc.classes;

/**
 * Classes [from, to) that one trainer holds.
 *
 * @param from first class
 * @param to class after the last
 */
public record ClassRange(long from, long to) {

  /** All classes of a trainer alone. */
  public static ClassRange all(long classes) {
    return new ClassRange(0, classes);
  }

  /**
   * The contiguous share of a trainer: C/N classes, the remainder goes to the first.
   *
   * @param classes C, over all trainers
   * @param rank in [0, trainers)
   * @throws IllegalArgumentException if there are more trainers than classes
   */
  public static ClassRange of(long classes, int rank, int trainers) {
    if (classes < trainers) {
      throw new IllegalArgumentException(
          "cluster.trainers is "
              + trainers
              + ", but "
              + classes
              + " classes cannot be dealt out over more trainers than there are classes");
    }
    long share = classes / trainers;
    long remainder = classes - share * trainers;
    return new ClassRange(rank == 0 ? 0 : share * rank + remainder, share * (rank + 1) + remainder);
  }

  /** Number of classes. */
  public long size() {
    return to - from;
  }

  public boolean contains(long cls) {
    return cls >= from && cls < to;
  }
}
