package ffc.eval.roc;

import java.util.List;

/**
 * True accept rate at a false accept rate F over N impostor pairs: the share of genuine pairs whose
 * similarity exceeds v, the (⌊F·N⌋ + 1)-th highest impostor similarity, ties counting as rejected.
 * It is the highest rate that any threshold with a false accept rate of at most F gives.
 *
 * @param far F
 * @param tar the rate; in [{@code tar}, {@code tar} + {@code slack}] where similarities are only
 *     known by their bin
 * @param slack width of that interval; 0 where the rate is exact
 * @param threshold accept iff similarity &gt; threshold
 * @param acceptedImpostors impostor pairs above the threshold; fewer than about ten make the rate a
 *     matter of chance
 */
public record TarAtFar(
    double far, double tar, double slack, double threshold, long acceptedImpostors) {
  /** False accept rates reported, as far as the impostor pairs reach. */
  public static final List<Double> FARS = List.of(1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9);

  /** The false accept rate as it is written in reports, such as {@code 1e-3}. */
  public String key() {
    return key(far);
  }

  /** As {@link #key()}: one digit and an exponent, if the rate is one of those. */
  public static String key(double far) {
    int exponent = (int) Math.floor(Math.log10(far) + 1e-9);
    double digit = far / Math.pow(10, exponent);
    return Math.abs(digit - Math.rint(digit)) < 1e-9
        ? (int) Math.rint(digit) + "e" + exponent
        : Double.toString(far);
  }
}
