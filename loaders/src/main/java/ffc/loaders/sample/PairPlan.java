package ffc.loaders.sample;

import ffc.loaders.data.Cursor;
import java.util.BitSet;

/**
 * The images of one trainer's batch before decoding: B rows, two sides.
 *
 * @param x image of each row, B numbers
 * @param y the other side
 * @param xKeys what the augmentation of each image of x is drawn from
 * @param yKeys as xKeys
 * @param idPairs rows from the ID loader, which come first
 * @param pairs rows whose two images must show one identity
 * @param start cursor before the batch
 * @param next cursor after it
 */
public record PairPlan(
    long[] x,
    long[] y,
    long[] xKeys,
    long[] yKeys,
    int idPairs,
    BitSet pairs,
    Cursor start,
    Cursor next) {

  /** Whether both images of a row must show one identity. */
  public boolean isPair(int row) {
    return pairs.get(row);
  }
}
