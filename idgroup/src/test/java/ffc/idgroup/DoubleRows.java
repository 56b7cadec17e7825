package ffc.idgroup;

import java.nio.ByteBuffer;

/** {@link Rows} of {@code double}s: the precision in which oracles and golden traces compare. */
public final class DoubleRows implements Rows {
  private final double[] values;
  private final int count;
  private final int dim;

  /** A zero matrix. */
  public DoubleRows(int count, int dim) {
    this(new double[Rows.elements(count, dim)], count, dim);
  }

  private DoubleRows(double[] values, int count, int dim) {
    this.values = values;
    this.count = count;
    this.dim = dim;
  }

  /**
   * A matrix on the given array, which it shares.
   *
   * @throws IllegalArgumentException if the array's length is not count times dim
   */
  public static DoubleRows of(double[] values, int count, int dim) {
    if (values.length != Rows.elements(count, dim)) {
      throw new IllegalArgumentException(
          "matrix of " + count + " x " + dim + ": got an array of " + values.length + " elements");
    }
    return new DoubleRows(values, count, dim);
  }

  /** The backing array, row after row; shared. */
  public double[] values() {
    return values;
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public int dim() {
    return dim;
  }

  @Override
  public int elementBytes() {
    return Double.BYTES;
  }

  @Override
  public DoubleRows create(int newCount) {
    return new DoubleRows(newCount, dim);
  }

  @Override
  public void copyRow(int row, Rows target, int targetRow) {
    System.arraycopy(values, row * dim, ((DoubleRows) target).values, targetRow * dim, dim);
  }

  @Override
  public void blendRow(int row, double keep, Rows news, int newsRow, Rows target, int targetRow) {
    double[] b = ((DoubleRows) news).values;
    double[] out = ((DoubleRows) target).values;
    int aAt = row * dim;
    int bAt = newsRow * dim;
    int outAt = targetRow * dim;
    double keepOld = keep;
    double takeNew = 1 - keep;
    for (int i = 0; i < dim; i++) {
      out[outAt + i] = keepOld * values[aAt + i] + takeNew * b[bAt + i];
    }
    double norm = Math.sqrt(squares(out, outAt, dim));
    if (norm < 1e-6) {
      System.arraycopy(b, bAt, out, outAt, dim);
      return;
    }
    double factor = 1 / norm;
    for (int i = 0; i < dim; i++) {
      out[outAt + i] *= factor;
    }
  }

  /** Four running sums: one would wait for each addition's latency. */
  private static double squares(double[] v, int at, int n) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int i = at;
    int end = at + n;
    for (; i + 3 < end; i += 4) {
      s0 += v[i] * v[i];
      s1 += v[i + 1] * v[i + 1];
      s2 += v[i + 2] * v[i + 2];
      s3 += v[i + 3] * v[i + 3];
    }
    for (; i < end; i++) {
      s0 += v[i] * v[i];
    }
    return (s0 + s1) + (s2 + s3);
  }

  @Override
  public boolean isFinite(int row) {
    // 0·x is 0 for finite x and NaN otherwise, and the loop has no branch.
    double zero = 0;
    for (int i = row * dim, end = i + dim; i < end; i++) {
      zero += 0 * values[i];
    }
    return zero == 0;
  }

  @Override
  public long hashRow(int row) {
    long h0 = dim;
    long h1 = ~h0;
    int i = row * dim;
    int end = i + dim;
    for (; i + 1 < end; i += 2) {
      h0 = (h0 ^ Double.doubleToRawLongBits(values[i])) * 0x9E3779B97F4A7C15L;
      h1 = (h1 ^ Double.doubleToRawLongBits(values[i + 1])) * 0xD1B54A32D192ED03L;
      h0 ^= h0 >>> 29;
      h1 ^= h1 >>> 31;
    }
    if (i < end) {
      h0 = (h0 ^ Double.doubleToRawLongBits(values[i])) * 0x9E3779B97F4A7C15L;
    }
    return (h0 ^ Long.rotateLeft(h1, 32)) * 0x94D049BB133111EBL;
  }

  @Override
  public void write(int row, ByteBuffer out) {
    out.asDoubleBuffer().put(values, row * dim, dim);
    out.position(out.position() + elementBytes() * dim);
  }

  @Override
  public void read(int row, ByteBuffer in) {
    in.asDoubleBuffer().get(values, row * dim, dim);
    in.position(in.position() + elementBytes() * dim);
  }
}
