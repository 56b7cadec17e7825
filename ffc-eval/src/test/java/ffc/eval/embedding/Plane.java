package ffc.eval.embedding;

/** Rows whose cosines are those of angles, for tests that work figures out by hand. */
public final class Plane {
  private Plane() {}

  /** Unit rows in the plane, at angles in degrees. */
  public static ArrayEmbeddings plane(long[] labels, double... degrees) {
    float[] values = new float[2 * degrees.length];
    for (int i = 0; i < degrees.length; i++) {
      values[2 * i] = (float) Math.cos(Math.toRadians(degrees[i]));
      values[2 * i + 1] = (float) Math.sin(Math.toRadians(degrees[i]));
    }
    return ArrayEmbeddings.normalising(values, 2, labels);
  }

  public static long[] labels(long... labels) {
    return labels;
  }
}
