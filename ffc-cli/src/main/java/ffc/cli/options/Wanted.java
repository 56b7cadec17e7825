package ffc.cli.options;

/** What values of options must be, said in the same words by all commands. */
public final class Wanted {
  private Wanted() {}

  /**
   * A number that may not be smaller.
   *
   * @return the number
   * @throws IllegalArgumentException if it is
   */
  public static <N extends Number> N atLeast(String option, N got, long least) {
    if (got.longValue() < least) {
      throw new IllegalArgumentException(
          "%s: got %s, wanted at least %d".formatted(option, got, least));
    }
    return got;
  }
}
