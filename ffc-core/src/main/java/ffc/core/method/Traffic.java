package ffc.core.method;

/**
 * What one of several trainers sends in a step.
 *
 * @param sentBytes bytes to all others together
 * @param waits times that it waits for the others, one after the other
 */
public record Traffic(double sentBytes, double waits) {
  /** Nothing. */
  public static final Traffic NONE = new Traffic(0, 0);

  /** Floats of a chunk of the all-reduce, which works in rounds of one chunk a trainer. */
  private static final double CHUNK = 1 << 18;

  /** Bytes that one trainer sends where floats are added up over all of them. */
  public static double reducedBytes(double floats, int trainers) {
    return 2.0 * (trainers - 1) / trainers * 4 * floats;
  }

  /** Rounds of an all-reduce; may be a fraction where it does not happen in every step. */
  public static double rounds(double floats, int trainers) {
    return Math.ceil(floats / (trainers * CHUNK));
  }
}
