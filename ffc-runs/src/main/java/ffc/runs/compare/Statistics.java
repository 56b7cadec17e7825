package ffc.runs.compare;

import java.util.List;

/**
 * Median, mean and range of repeated measurements; values that are missing (NaN) are left out.
 *
 * @param count values that were there
 */
public record Statistics(int count, double median, double mean, double min, double max) {

  public static Statistics of(List<Double> values) {
    double[] sorted =
        values.stream().filter(v -> !v.isNaN()).mapToDouble(v -> v).sorted().toArray();
    if (sorted.length == 0) {
      return new Statistics(0, Double.NaN, Double.NaN, Double.NaN, Double.NaN);
    }
    double sum = 0;
    for (double v : sorted) {
      sum += v;
    }
    int n = sorted.length;
    double median = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    return new Statistics(n, median, sum / n, sorted[0], sorted[n - 1]);
  }

  static double median(List<Double> values) {
    return of(values).median();
  }

  public boolean isEmpty() {
    return count == 0;
  }
}
