package ffc.eval.pairs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.IntPredicate;

/**
 * The 1:1 protocol of InsightFace's {@code verification.py}: distance ‖e1 − e2‖² in [0, 4]; ten
 * contiguous folds without shuffling, the first n mod 10 one pair larger; on the other nine folds
 * the first best of the thresholds 0, 0.01, …, 3.99 (same identity iff distance &lt; threshold).
 *
 * @param accuracyMean mean accuracy of the ten test folds
 * @param accuracyStd their population standard deviation
 * @param thresholds threshold chosen for each fold
 * @param tarMean mean true accept rate of the test folds, at the threshold that interpolates a
 *     false accept rate of 1e-3 between steps of 0.001 on the other nine; null if no fold has one
 * @param tarStd its population standard deviation, or null
 * @param farMean mean false accept rate that these thresholds give on the test folds with impostor
 *     pairs; null if there is none
 * @param foldsWithoutTar folds, from 1, left out of {@code tarMean}: they hold no genuine pair, or
 *     the other nine no impostor pair. The reference counts them as 0, which halves the rate of a
 *     list sorted by kind
 */
public record Verification(
    double accuracyMean,
    double accuracyStd,
    double[] thresholds,
    Double tarMean,
    Double tarStd,
    Double farMean,
    List<Integer> foldsWithoutTar) {
  /** Pairs that a set needs at least, one a fold. */
  public static final int FOLDS = 10;

  /** False accept rate at which the true accept rate is read. */
  public static final double TARGET_FAR = 1e-3;

  /**
   * Judges pairs: pair i is row 2i and row 2i + 1.
   *
   * @param unitRows f32 [2 * pairs, dim], unit rows
   * @param dim length of a row
   * @param same whether pair i is of one identity
   * @throws IllegalArgumentException if there are fewer than ten pairs
   */
  public static Verification of(float[] unitRows, int dim, IntPredicate same) {
    double[] distances = distances(unitRows, dim);
    boolean[] issame = new boolean[distances.length];
    for (int pair = 0; pair < issame.length; pair++) {
      issame[pair] = same.test(pair);
    }
    return of(distances, issame);
  }

  /** Squared distance of each pair. */
  public static double[] distances(float[] unitRows, int dim) {
    double[] distances = new double[unitRows.length / dim / 2];
    for (int pair = 0; pair < distances.length; pair++) {
      double sum = 0;
      for (int i = 2 * pair * dim; i < (2 * pair + 1) * dim; i++) {
        double difference = unitRows[i] - unitRows[i + dim];
        sum += difference * difference;
      }
      distances[pair] = sum;
    }
    return distances;
  }

  /**
   * Judges squared distances.
   *
   * @throws IllegalArgumentException if there are fewer than ten pairs
   */
  static Verification of(double[] distances, boolean[] same) {
    int n = distances.length;
    if (n < FOLDS) {
      throw new IllegalArgumentException(
          "a verification set needs at least " + FOLDS + " pairs, got " + n);
    }
    PairCounts accuracyGrid = new PairCounts(distances, same, 400, 0.01);
    PairCounts farGrid = new PairCounts(distances, same, 4000, 0.001);
    double[] accuracies = new double[FOLDS];
    double[] thresholds = new double[FOLDS];
    List<Double> tars = new ArrayList<>();
    List<Double> fars = new ArrayList<>();
    List<Integer> without = new ArrayList<>();
    int from = 0;
    for (int fold = 0; fold < FOLDS; fold++) {
      int to = from + n / FOLDS + (fold < n % FOLDS ? 1 : 0);
      thresholds[fold] = accuracyGrid.bestThresholdWithout(from, to);
      accuracies[fold] = accuracy(distances, same, from, to, thresholds[fold]);
      OptionalDouble threshold = farGrid.thresholdAtFarWithout(from, to, TARGET_FAR);
      OptionalDouble tar = share(distances, same, from, to, threshold, true);
      tar.ifPresent(tars::add);
      share(distances, same, from, to, threshold, false).ifPresent(fars::add);
      if (tar.isEmpty()) {
        without.add(fold + 1);
      }
      from = to;
    }
    boolean some = !tars.isEmpty();
    return new Verification(
        mean(accuracies),
        std(accuracies),
        thresholds,
        some ? mean(array(tars)) : null,
        some ? std(array(tars)) : null,
        fars.isEmpty() ? null : mean(array(fars)),
        without);
  }

  private static double[] array(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static double accuracy(
      double[] distances, boolean[] same, int from, int to, double threshold) {
    int right = 0;
    for (int i = from; i < to; i++) {
      right += (distances[i] < threshold) == same[i] ? 1 : 0;
    }
    return (double) right / (to - from);
  }

  /** Share of the pairs of one kind that are accepted; empty without such pairs or a threshold. */
  private static OptionalDouble share(
      double[] distances,
      boolean[] same,
      int from,
      int to,
      OptionalDouble threshold,
      boolean genuine) {
    int accepted = 0;
    int all = 0;
    for (int i = from; i < to && threshold.isPresent(); i++) {
      if (same[i] == genuine) {
        all++;
        accepted += distances[i] < threshold.getAsDouble() ? 1 : 0;
      }
    }
    return all == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) accepted / all);
  }

  static double mean(double[] values) {
    return Arrays.stream(values).sum() / values.length;
  }

  static double std(double[] values) {
    double mean = mean(values);
    double sum = 0;
    for (double value : values) {
      sum += (value - mean) * (value - mean);
    }
    return Math.sqrt(sum / values.length);
  }
}
