package ffc.runs.compare;

/** Names of figures for people. */
public final class FigureNames {
  private static final String STRATA = ".strata.";

  private FigureNames() {}

  /** Whether a figure is of head, middle or tail identities only. */
  public static boolean ofStratum(String figure) {
    return figure.contains(STRATA);
  }

  /** The stratum of a figure and its set, such as {@code open, tail}. */
  static String stratum(String figure) {
    int at = figure.indexOf(STRATA);
    String rest = figure.substring(at + STRATA.length());
    return figure.substring(0, at) + ", " + rest.substring(0, rest.indexOf('.'));
  }

  /** The figure without set and stratum, such as {@code tar_at_far.1e-3}. */
  static String withinStratum(String figure) {
    String rest = figure.substring(figure.indexOf(STRATA) + STRATA.length());
    return rest.substring(rest.indexOf('.') + 1);
  }

  /** {@code open.tar_at_far.1e-3} as {@code open TAR@FAR=1e-3}. */
  public static String text(String figure) {
    int dot = figure.indexOf('.');
    String set = dot < 0 ? "" : figure.substring(0, dot) + " ";
    String rest = figure.substring(dot + 1);
    if (rest.startsWith("tar_at_far.")) {
      return set + "TAR@FAR=" + rest.substring("tar_at_far.".length());
    }
    if (rest.equals("map_at_r")) {
      return set + "MAP@R";
    }
    if (rest.equals("r_precision")) {
      return set + "R-precision";
    }
    return set
        + rest.replace("accuracy_mean", "accuracy").replace('_', ' ').replace("rank", "rank ");
  }
}
