package ffc.pfc.classes;

/** A row over its length, and the gradient through that. */
final class UnitRow {
  private UnitRow() {}

  /** (g − u (u·g)) / |w| with u = w / |w|, in place. */
  static void throughNormalisation(float[] g, float[] w) {
    float norm = norm(w);
    float along = dot(g, w) / (norm * norm);
    float inverse = 1 / norm;
    for (int i = 0; i < g.length; i++) {
      g[i] = (g[i] - w[i] * along) * inverse;
    }
  }

  static float norm(float[] row) {
    return (float) Math.max(Math.sqrt(dot(row, row)), 1e-12);
  }

  /**
   * Eight independent sums: the order of additions is fixed, and the processor can overlap them.
   */
  private static float dot(float[] a, float[] b) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    float s4 = 0;
    float s5 = 0;
    float s6 = 0;
    float s7 = 0;
    int i = 0;
    for (; i + 7 < a.length; i += 8) {
      s0 += a[i] * b[i];
      s1 += a[i + 1] * b[i + 1];
      s2 += a[i + 2] * b[i + 2];
      s3 += a[i + 3] * b[i + 3];
      s4 += a[i + 4] * b[i + 4];
      s5 += a[i + 5] * b[i + 5];
      s6 += a[i + 6] * b[i + 6];
      s7 += a[i + 7] * b[i + 7];
    }
    for (; i < a.length; i++) {
      s0 += a[i] * b[i];
    }
    return s0 + s1 + (s2 + s3) + (s4 + s5 + (s6 + s7));
  }

  static void scale(float[] row, float factor) {
    for (int i = 0; i < row.length; i++) {
      row[i] *= factor;
    }
  }
}
