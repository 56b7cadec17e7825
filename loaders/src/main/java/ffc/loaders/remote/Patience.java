package ffc.loaders.remote;

import java.time.Duration;

/**
 * How long a server that fails is waited for.
 *
 * @param tries requests in a row that bring nothing, after which the reading fails
 * @param triesAtFirst the same before an object was opened
 * @param first wait after the first; doubled each time, some of it left off at random
 * @param most longest wait between two; {@code Retry-After} counts up to four times as much
 * @param silence longest time without a byte
 */
record Patience(int tries, int triesAtFirst, Duration first, Duration most, Duration silence) {
  /** About two and a half minutes; seconds for an object that was never seen. */
  static final Patience USUAL =
      new Patience(11, 4, Duration.ofMillis(500), Duration.ofSeconds(30), Duration.ofSeconds(30));

  /**
   * The wait before another try.
   *
   * @param failures so far in a row, at least 1
   * @param random in [0, 1)
   * @param wanted what the server asked for, or null
   */
  Duration wait(int failures, double random, Duration wanted) {
    long doubled = first.toMillis() << Math.min(failures - 1, 20);
    long millis = (long) (Math.min(doubled, most.toMillis()) * (1 - random / 2));
    if (wanted != null) {
      millis = Math.max(millis, Math.min(wanted.toMillis(), 4 * most.toMillis()));
    }
    return Duration.ofMillis(millis);
  }
}
