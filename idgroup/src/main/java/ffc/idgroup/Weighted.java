package ffc.idgroup;

/**
 * The project's default rule: slot ← normalise(keep·slot + (1 − keep)·new); of several images of
 * one identity in a batch only the last counts, applied to the slot as it was before the batch. A
 * fresh identity's slot becomes its feature.
 *
 * @param keep weight w of the old feature, in [0, 1]; 0 replaces it
 */
public record Weighted(double keep) implements UpdateRule {
  /**
   * Checks the weight.
   *
   * @throws IllegalArgumentException if it is not in [0, 1]
   */
  public Weighted {
    if (!(keep >= 0 && keep <= 1)) {
      throw new IllegalArgumentException(
          "method.update.keep: got " + keep + ", wanted a number in [0, 1]");
    }
  }

  @Override
  public int rowsPerSlot() {
    return 1;
  }
}
