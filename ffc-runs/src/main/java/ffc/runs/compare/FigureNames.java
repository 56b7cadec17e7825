package ffc.runs.compare;

import ffc.eval.roc.EvalFigure;

/** Figures of a comparison: set, stratum if any, and the path of {@link EvalFigure}. */
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
    return figure.substring(0, figure.indexOf('.')) + " " + EvalFigure.label(path(figure));
  }

  /** Whether a figure of a set is one of the table's. */
  public static boolean is(EvalFigure kind, String figure) {
    return kind.owns(path(figure));
  }

  private static String path(String figure) {
    return figure.substring(figure.indexOf('.') + 1);
  }
}
