package ffc.eval.roc;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Figures of one evaluation set. Figures that a protocol does not produce are absent: an empty map,
 * an empty list, or null.
 *
 * @param name the set, with {@code @gallery} appended for the gallery network, {@code @ema} for the
 *     average of {@code run.ema}
 * @param images images embedded
 * @param identities identities among them; 0 for pair sets
 * @param accuracyMean mean test accuracy of the 10-fold protocol, in [0, 1]
 * @param accuracyStd its population standard deviation
 * @param tarAtFar true accept rate by false accept rate, keys such as {@code 1e-3}
 * @param thresholds similarity above which a pair is accepted at each of these rates (leave-one-out
 *     only: folds of pairs have one each)
 * @param rankN identification rate by rank, keys such as {@code 1} (leave-one-out 1:N)
 * @param rPrecision share of own images among as many nearest as there are own (leave-one-out)
 * @param mapAtR mean average precision over those (leave-one-out)
 * @param roc points of the ROC curve by rising false accept rate
 * @param scores how the similarities of genuine and impostor pairs are spread; null if there are
 *     not both
 * @param cmc identification rate at ranks 1, 2, …, 20
 * @param groups figures with confidence intervals of the whole set and by the size of the identity
 *     in the training set, where that was asked for
 * @param neighbours some probes with their nearest other images, for reports
 * @param flip whether the embedding of the mirrored image was added
 * @param seconds wall time of the evaluation
 * @param notes what these figures leave out, a line each
 */
public record EvalResult(
    String name,
    long images,
    long identities,
    Double accuracyMean,
    Double accuracyStd,
    Map<String, Double> tarAtFar,
    Map<String, Double> thresholds,
    Map<Integer, Double> rankN,
    Double rPrecision,
    Double mapAtR,
    List<RocPoint> roc,
    ScoreHistogram scores,
    List<Double> cmc,
    List<IdentityGroup> groups,
    List<Neighbours> neighbours,
    boolean flip,
    double seconds,
    List<String> notes) {

  /** One point of a ROC curve. */
  public record RocPoint(double far, double tar) {}

  /**
   * A probe image and the images most similar to it, best first.
   *
   * @param probe image number in its set
   * @param images image numbers of the neighbours
   * @param identities their identities
   * @param cosines their similarities to the probe
   */
  public record Neighbours(
      long probe, long probeIdentity, long[] images, long[] identities, float[] cosines) {}

  /**
   * A figure by its path in {@code summary.json}, such as {@code tar_at_far.1e-3}, {@code rank1},
   * {@code map_at_r} or {@code accuracy_mean}; null if this result has none.
   */
  public Double metric(String path) {
    return figures().get(path);
  }

  /** The figures that this result has, by their paths, in the order of {@link EvalFigure}. */
  public Map<String, Double> figures() {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put(EvalFigure.ACCURACY.path(), accuracyMean);
    figures.put(EvalFigure.ACCURACY_DEVIATION.path(), accuracyStd);
    tarAtFar.forEach((far, tar) -> figures.put(EvalFigure.TAR_AT_FAR.at(far), tar));
    new TreeMap<>(rankN).forEach((rank, share) -> figures.put(EvalFigure.RANK.at(rank), share));
    figures.put(EvalFigure.R_PRECISION.path(), rPrecision);
    figures.put(EvalFigure.MAP_AT_R.path(), mapAtR);
    figures.values().removeIf(Objects::isNull);
    return figures;
  }
}
