package ffc.pfc.classes;

import ffc.engine.InnerProduct;

/** A row over its length, and the gradient through that. */
final class UnitRow {
  private UnitRow() {}

  /** (g − u (u·g)) / |w| with u = w / |w|, in place. */
  static void throughNormalisation(float[] g, float[] w) {
    float norm = norm(w);
    float along = InnerProduct.of(g, 0, w, 0, w.length) / (norm * norm);
    float inverse = 1 / norm;
    for (int i = 0; i < g.length; i++) {
      g[i] = (g[i] - w[i] * along) * inverse;
    }
  }

  static float norm(float[] row) {
    return (float) Math.max(Math.sqrt(InnerProduct.of(row, 0, row, 0, row.length)), 1e-12);
  }

  static void scale(float[] row, float factor) {
    for (int i = 0; i < row.length; i++) {
      row[i] *= factor;
    }
  }
}
