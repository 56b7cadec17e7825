package ffc.core.loss;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The loss of one step by term, as plain numbers.
 *
 * @param terms value of each term; the loss is their sum
 */
public record Losses(Map<String, Double> terms) {

  /** The loss: the sum of the terms. */
  public double total() {
    return terms.values().stream().mapToDouble(Double::doubleValue).sum();
  }

  /** Adds up terms as they come. */
  public static final class Sum {
    private final Map<String, Double> terms = new LinkedHashMap<>();

    public void add(String term, double value) {
      terms.merge(term, value, Double::sum);
    }

    public Losses toLosses() {
      return new Losses(terms);
    }
  }
}
