package ffc.eval.allpairs;

import ffc.eval.embedding.Embeddings;

/**
 * Unit rows rounded to 8 bits: row ≈ scale · codes, codes in [−127, 127]. What the rounding takes
 * away bounds, by Cauchy and Schwarz, how far a product of rounded rows may be from that of the
 * rows themselves.
 */
public final class Int8Rows {
  /** Longest that a row of length 1 may be by the rounding of its f32 values. */
  private static final float LONGEST = 1 + 1e-5f;

  /** Room for the rounding of f32 products, which are not summed in the same order everywhere. */
  private static final float ROUNDING = 2e-5f;

  private final float[] scales;
  private final float[] lost;

  private Int8Rows(float[] scales, float[] lost) {
    this.scales = scales;
    this.lost = lost;
  }

  /** Measures all rows; keeps 8 bytes a row. */
  public static Int8Rows of(Embeddings embeddings) {
    int n = embeddings.size();
    int dim = embeddings.dim();
    Int8Rows all = new Int8Rows(new float[n], new float[n]);
    float[] row = new float[dim];
    byte[] codes = new byte[dim];
    for (int i = 0; i < n; i++) {
      embeddings.read(i, 1, row, 0);
      float largest = 0;
      for (float value : row) {
        largest = Math.max(largest, Math.abs(value));
      }
      all.scales[i] = largest == 0 ? 1 : largest / 127;
      encode(row, 0, all.scales[i], dim, codes, 0);
      double squares = 0;
      for (int k = 0; k < dim; k++) {
        double difference = (double) row[k] - (double) all.scales[i] * codes[k];
        squares += difference * difference;
      }
      all.lost[i] = Math.nextUp((float) Math.sqrt(squares));
    }
    return all;
  }

  /**
   * Rounds a row.
   *
   * @param rows its values, f32 [dim] from element {@code offset} on
   * @param codes receives i8 [dim] from element {@code codesOffset} on
   */
  public static void encode(
      float[] rows, int offset, float scale, int dim, byte[] codes, int codesOffset) {
    float factor = 1 / scale;
    for (int k = 0; k < dim; k++) {
      // Adding 1.5 · 2^23 leaves the rounded number in the lowest bits.
      codes[codesOffset + k] =
          (byte) Float.floatToRawIntBits(rows[offset + k] * factor + 12582912f);
    }
  }

  public float scale(int row) {
    return scales[row];
  }

  /**
   * How far the product of two rounded rows may be from that of the rows: |x·y − x̂·ŷ| ≤ |x −
   * x̂||y| + |x̂||y − ŷ|, and the rounding of f32 sums.
   */
  public float farthest(int row, int col) {
    return farthest(lost[row], lost[col]);
  }

  public static float farthest(float lostRow, float lostCol) {
    return lostRow * LONGEST + (LONGEST + lostRow) * lostCol + ROUNDING;
  }

  public float lost(int row) {
    return lost[row];
  }

  /** The mean loss of the rows. */
  public float meanLost() {
    double sum = 0;
    for (float loss : lost) {
      sum += loss;
    }
    return (float) (sum / lost.length);
  }
}
