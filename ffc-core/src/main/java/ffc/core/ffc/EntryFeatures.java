package ffc.core.ffc;

import ffc.exchange.GlobalBatch;
import ffc.exchange.Side;
import ffc.idgroup.FloatRows;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the identities of a batch would begin with: each the direction of its features' sum. */
final class EntryFeatures {
  /** Below this norm of the sum an identity begins with its last feature. */
  private static final double SMALLEST_NORM = 1e-6;

  private EntryFeatures() {}

  /**
   * The distinct identities of both sides, by first occurrence, x before y, each with one unit
   * feature. Sums run in double precision and in the order of the images: the same bits on every
   * trainer.
   */
  static Side of(GlobalBatch batch) {
    Map<Long, List<float[]>> features = new LinkedHashMap<>();
    add(batch.x(), features);
    add(batch.y(), features);
    int dim = batch.x().features().dim();
    long[] ids = new long[features.size()];
    float[] values = new float[ids.length * dim];
    int at = 0;
    for (Map.Entry<Long, List<float[]>> entry : features.entrySet()) {
      ids[at] = entry.getKey();
      System.arraycopy(direction(entry.getValue()), 0, values, at * dim, dim);
      at++;
    }
    return new Side(ids, FloatRows.of(values, ids.length, dim));
  }

  private static void add(Side side, Map<Long, List<float[]>> features) {
    for (int i = 0; i < side.ids().length; i++) {
      FloatRows one = new FloatRows(1, side.features().dim());
      side.features().copyRow(i, one, 0);
      features.computeIfAbsent(side.ids()[i], id -> new ArrayList<>()).add(one.values());
    }
  }

  private static float[] direction(List<float[]> features) {
    float[] last = features.get(features.size() - 1);
    if (features.size() == 1) {
      return last;
    }
    double[] sum = new double[last.length];
    for (float[] feature : features) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] += feature[i];
      }
    }
    double squares = 0;
    for (double value : sum) {
      squares += value * value;
    }
    double norm = Math.sqrt(squares);
    if (norm < SMALLEST_NORM) {
      return last;
    }
    float[] direction = new float[sum.length];
    for (int i = 0; i < sum.length; i++) {
      direction[i] = (float) (sum[i] / norm);
    }
    return direction;
  }
}
