package ffc.eval.roc;

import java.util.Optional;

/**
 * The table of the figures of an evaluation: records, report, comparisons, live page, metrics and
 * event files take paths, labels and order from here. All are shares in [0, 1], the larger the
 * better but for the deviation and FNIR.
 *
 * <p>A figure is named by its path in the records: that of the table, with what it is at behind it
 * where there are several, such as {@code tar_at_far.1e-3} or {@code rank5}.
 */
public enum EvalFigure {
  /** Mean test accuracy of the 10-fold protocol on pairs. */
  ACCURACY("accuracy_mean", "accuracy", ""),
  /** Population standard deviation of the accuracy over the folds. */
  ACCURACY_DEVIATION("accuracy_std", "accuracy, deviation", null),
  /** True accept rate at a false accept rate. */
  TAR_AT_FAR("tar_at_far.", "TAR@FAR=", "1e-3|1e-4|1e-5"),
  /** Identification rate within a rank, leave-one-out. */
  RANK("rank", "rank-", "1"),
  /** Share of own images among as many nearest as there are own, leave-one-out. */
  R_PRECISION("r_precision", "R-precision", null),
  /** Mean average precision over those. */
  MAP_AT_R("map_at_r", "MAP@R", null),
  /** True positive identification rate at a false positive one, with non-mated queries. */
  TPIR_AT_FPIR("tpir_at_fpir.", "TPIR@FPIR=", null),
  /**
   * What the true positive rate leaves: queries with a mate that are not found, or not at rank 1.
   */
  FNIR_AT_FPIR("fnir_at_fpir.", "FNIR@FPIR=", null);

  private final String path;
  private final String label;
  private final String glance;

  /**
   * @param path ending in {@code .} where what follows is a key of its own in the records
   * @param glance where it is looked at first: a pattern of what is behind the path, or null
   */
  EvalFigure(String path, String label, String glance) {
    this.path = path;
    this.label = label;
    this.glance = glance;
  }

  /** The path of a figure that there is only one of; of others what all their paths begin with. */
  public String path() {
    return path;
  }

  /** The path of one of several, such as {@code tar_at_far.1e-3}. */
  public String at(Object where) {
    return path + where;
  }

  /** Whether a path is this figure's, or one of its several. */
  public boolean owns(String figure) {
    return several()
        ? figure.startsWith(path) && figure.substring(path.length()).matches("[0-9][0-9.e-]*")
        : figure.equals(path);
  }

  private boolean several() {
    return this == TAR_AT_FAR || this == RANK || this == TPIR_AT_FPIR || this == FNIR_AT_FPIR;
  }

  /** The figure that a path names, if it is in the table. */
  public static Optional<EvalFigure> of(String path) {
    for (EvalFigure figure : values()) {
      if (figure.owns(path)) {
        return Optional.of(figure);
      }
    }
    return Optional.empty();
  }

  /** What a figure is called, such as {@code TAR@FAR=1e-3}; an unknown one by its path. */
  public static String label(String path) {
    return of(path)
        .map(figure -> figure.label + path.substring(figure.path.length()))
        .orElseGet(() -> path.replace('_', ' '));
  }

  /** Its path as names of metrics and scalars have it: without a dot. */
  public static String tag(String path) {
    return path.replace('.', '_');
  }

  /** Whether one looks at a figure while a run goes on, and first in a report. */
  public static boolean atAGlance(String path) {
    return of(path)
        .filter(figure -> figure.glance != null)
        .map(figure -> path.substring(figure.path.length()).matches(figure.glance))
        .orElse(false);
  }
}
