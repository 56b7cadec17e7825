package ffc.engine;

/**
 * The product of two rows on the host, in a fixed order: every machine gets the same bits. What has
 * many rows goes through {@link NativeOps#product}.
 */
public final class InnerProduct {
  private InnerProduct() {}

  /** In f32, by eight sums that do not wait for each other. */
  public static float of(float[] a, int aFrom, float[] b, int bFrom, int dim) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    float s4 = 0;
    float s5 = 0;
    float s6 = 0;
    float s7 = 0;
    int k = 0;
    for (; k <= dim - 8; k += 8) {
      s0 += a[aFrom + k] * b[bFrom + k];
      s1 += a[aFrom + k + 1] * b[bFrom + k + 1];
      s2 += a[aFrom + k + 2] * b[bFrom + k + 2];
      s3 += a[aFrom + k + 3] * b[bFrom + k + 3];
      s4 += a[aFrom + k + 4] * b[bFrom + k + 4];
      s5 += a[aFrom + k + 5] * b[bFrom + k + 5];
      s6 += a[aFrom + k + 6] * b[bFrom + k + 6];
      s7 += a[aFrom + k + 7] * b[bFrom + k + 7];
    }
    for (; k < dim; k++) {
      s0 += a[aFrom + k] * b[bFrom + k];
    }
    return s0 + s1 + (s2 + s3) + (s4 + s5 + (s6 + s7));
  }

  /** The same rows, multiplied and added up in double precision, one after the other. */
  public static double exact(float[] a, int aFrom, float[] b, int bFrom, int dim) {
    double sum = 0;
    for (int k = 0; k < dim; k++) {
      sum += (double) a[aFrom + k] * b[bFrom + k];
    }
    return sum;
  }
}
