package ffc.pfc.classes;

import ai.djl.ndarray.NDArray;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * Where the rows of {@link ClassCenters} and their optimiser state lie, and how an update moves
 * them there. Rows are named by their place, from 0; state and counts of updates begin as zeros.
 */
sealed interface RowStore permits HostRows, DeviceRows {

  /** Gives the values of a row. */
  @FunctionalInterface
  interface Filler {
    /** Fills the row of entry i of a list; several threads may ask at a time. */
    void fill(int i, float[] row);
  }

  /**
   * Overwrites rows.
   *
   * @param places their first {@code n} entries, distinct
   */
  void write(long[] places, int n, Filler values);

  /** A copy of one row. */
  float[] row(long place);

  /** A copy of one row of optimiser state. */
  float[] state(int index, long place);

  /** As {@link ClassCenters#unit(SampledClasses, int, int, NDArray)}. */
  void unit(SampledClasses sampled, int from, int to, NDArray unitME);

  /** As {@link ClassCenters#update}, of rows that have values. */
  void update(
      SampledClasses sampled, ClassCenters.Gradients gradients, double learningRate, long step);

  /** Writes the rows that a flag names with their state, ascending, little-endian. */
  void save(RowFlags named, DataOutputStream out) throws IOException;

  /**
   * Reads what {@link #save} wrote, of the rows that a flag names; the state of all others becomes
   * zero, and their values nothing that counts.
   *
   * @param before rows that had values until now
   */
  void load(RowFlags named, RowFlags before, DataInputStream in) throws IOException;
}
