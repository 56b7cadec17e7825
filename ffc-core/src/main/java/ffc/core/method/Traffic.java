package ffc.core.method;

import ffc.core.loss.MarginConfig;

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

  /** Of a margin, where several trainers add up what it remembers: some bytes, one wait. */
  public static Traffic of(MarginConfig margin) {
    return margin.create().names().isEmpty() ? NONE : new Traffic(0, 1);
  }

  /** Both. */
  public Traffic plus(Traffic other) {
    return new Traffic(sentBytes + other.sentBytes, waits + other.waits);
  }

  /** Rounds of an all-reduce; may be a fraction where it does not happen in every step. */
  public static double rounds(double floats, int trainers) {
    return Math.ceil(floats / (trainers * CHUNK));
  }
}
