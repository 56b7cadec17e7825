package ffc.loaders.sample;

import ffc.loaders.data.Cursor;

/**
 * The images of one trainer's batch before decoding: B rows, two sides.
 *
 * @param x image of each row, B numbers
 * @param y the other side
 * @param xKeys what the augmentation of each image of x is drawn from
 * @param yKeys as xKeys
 * @param idPairs rows from the ID loader, which come first
 * @param paired whether both images of every row show one identity; otherwise only ID rows do
 * @param start cursor before the batch
 * @param next cursor after it
 */
public record PairPlan(
    long[] x,
    long[] y,
    long[] xKeys,
    long[] yKeys,
    int idPairs,
    boolean paired,
    Cursor start,
    Cursor next) {

  /** Whether both images of a row must show one identity. */
  public boolean isPair(int row) {
    return paired || row < idPairs;
  }
}
