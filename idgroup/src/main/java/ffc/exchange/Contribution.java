package ffc.exchange;

/**
 * What one trainer contributes in a step. On both sides the first {@code idPairs} images come from
 * the ID loader, the others from the instance loader.
 */
public record Contribution(int idPairs, Side x, Side y) {
  /**
   * Checks the lengths.
   *
   * @throws IllegalArgumentException if the sides differ in size or are shorter than idPairs
   */
  public Contribution {
    if (x.ids().length != y.ids().length || idPairs < 0 || idPairs > x.ids().length) {
      throw new IllegalArgumentException(
          "exchange: got sides of "
              + x.ids().length
              + " and "
              + y.ids().length
              + " images with "
              + idPairs
              + " of the ID loader, wanted sides of one size that hold these");
    }
  }
}
