package ffc.cli.compare;

/** Names of figures for people. */
final class FigureNames {
  private FigureNames() {}

  /** {@code open.tar_at_far.1e-3} as {@code open TAR@FAR=1e-3}. */
  static String text(String figure) {
    int dot = figure.indexOf('.');
    String set = dot < 0 ? "" : figure.substring(0, dot) + " ";
    String rest = figure.substring(dot + 1);
    if (rest.startsWith("tar_at_far.")) {
      return set + "TAR@FAR=" + rest.substring("tar_at_far.".length());
    }
    return set
        + rest.replace("accuracy_mean", "accuracy").replace('_', ' ').replace("rank", "rank ");
  }
}
