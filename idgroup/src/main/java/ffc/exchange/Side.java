package ffc.exchange;

import ffc.idgroup.Rows;

/**
 * Images of one side of a batch as the group sees them.
 *
 * @param ids identity of each image, [images]
 * @param features their gallery features, unit rows, [images, E]
 */
@SuppressWarnings("ArrayRecordComponent") // handed to IdGroup.propose as it is
public record Side(long[] ids, Rows features) {
  /**
   * Checks the lengths.
   *
   * @throws IllegalArgumentException if there is not one feature an image
   */
  public Side {
    if (ids.length != features.count()) {
      throw new IllegalArgumentException(
          "exchange: got " + ids.length + " identities and " + features.count() + " features");
    }
  }
}
