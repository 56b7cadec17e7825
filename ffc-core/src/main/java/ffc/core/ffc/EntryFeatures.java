package ffc.core.ffc;

import ffc.exchange.GlobalBatch;
import ffc.exchange.Side;
import ffc.idgroup.FloatRows;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What identities begin with when they enter the group: each row is the direction of the sum of the
 * identity's features in this step. That row holds an image's own feature, which would be an easy
 * target for it, so that in this one step an image is compared with the direction of the identity's
 * <em>other</em> features, where it has others: as FFC compares an image with its partner's.
 *
 * <p>Sums run in double precision and in the order of the images, x before y: the same bits on
 * every trainer.
 */
final class EntryFeatures {
  /** Below this norm a sum has no direction. */
  private static final double SMALLEST_NORM = 1e-6;

  private final int dim;
  private final Map<Long, Sum> sums = new LinkedHashMap<>();

  private static final class Sum {
    private final double[] values;
    private float[] last;
    private int images;

    Sum(int dim) {
      this.values = new double[dim];
    }

    void add(float[] feature) {
      for (int i = 0; i < feature.length; i++) {
        values[i] += feature[i];
      }
      last = feature;
      images++;
    }

    /** The feature itself if it is the only one; the last one if they cancel each other out. */
    float[] row() {
      float[] direction = images == 1 ? last : direction(values);
      return direction == null ? last : direction;
    }
  }

  /** Adds up the features of all trainers. */
  EntryFeatures(GlobalBatch all) {
    this.dim = all.x().features().dim();
    add(all.x());
    add(all.y());
  }

  private void add(Side side) {
    for (int i = 0; i < side.ids().length; i++) {
      FloatRows one = new FloatRows(1, dim);
      side.features().copyRow(i, one, 0);
      sums.computeIfAbsent(side.ids()[i], id -> new Sum(dim)).add(one.values());
    }
  }

  /** The distinct identities of both sides, by first occurrence, each with one unit feature. */
  Side rows() {
    long[] ids = new long[sums.size()];
    float[] values = new float[ids.length * dim];
    int at = 0;
    for (Map.Entry<Long, Sum> entry : sums.entrySet()) {
      ids[at] = entry.getKey();
      System.arraycopy(entry.getValue().row(), 0, values, at * dim, dim);
      at++;
    }
    return new Side(ids, FloatRows.of(values, ids.length, dim));
  }

  /**
   * The direction of an identity's features but for one image's.
   *
   * @param id one of the step's identities
   * @param featuresBE holds that image's feature
   * @param row where it is
   * @return null if there are no others or they cancel each other out
   */
  float[] others(long id, float[] featuresBE, int row) {
    Sum sum = sums.get(id);
    if (sum.images == 1) {
      return null;
    }
    double[] others = Arrays.copyOf(sum.values, dim);
    for (int i = 0; i < dim; i++) {
      others[i] -= featuresBE[row * dim + i];
    }
    return direction(others);
  }

  private static float[] direction(double[] sum) {
    double squares = 0;
    for (double value : sum) {
      squares += value * value;
    }
    double norm = Math.sqrt(squares);
    if (norm < SMALLEST_NORM) {
      return null;
    }
    float[] direction = new float[sum.length];
    for (int i = 0; i < sum.length; i++) {
      direction[i] = (float) (sum[i] / norm);
    }
    return direction;
  }
}
