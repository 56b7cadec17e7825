package ffc.core.loss;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ffc.engine.HostReads;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleConsumer;

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

  /**
   * Adds up terms as they come. Scalars of the engine are kept where they are and read all at once
   * at the end, since every read waits for all that a device has still to do. Closing it frees
   * those that were not read.
   */
  public static final class Sum implements AutoCloseable {
    private final Map<String, Double> terms = new LinkedHashMap<>();
    private final NDList scalars = new NDList();
    private final List<DoubleConsumer> takers = new ArrayList<>();

    /** Adds to a term. */
    public void add(String term, double value) {
      terms.merge(term, value, Double::sum);
    }

    /** Adds a scalar to a term; the scalar is this one's from now on. */
    public void add(String term, NDArray scalar) {
      add(term, scalar, 1);
    }

    /** Adds a scalar times a factor to a term; the scalar is this one's from now on. */
    public void add(String term, NDArray scalar, double factor) {
      terms.putIfAbsent(term, 0.0);
      read(scalar, value -> add(term, value * factor));
    }

    /**
     * Has a scalar read together with those of the losses, which it does not belong to.
     *
     * @param scalar of the same type as the losses; this one's from now on
     * @param taker gets the value within {@link #toLosses}
     */
    public void read(NDArray scalar, DoubleConsumer taker) {
      NDScope.unregister(scalar);
      scalars.add(scalar);
      takers.add(taker);
    }

    /** Reads what is left to be read and gives the sums. */
    public Losses toLosses() {
      if (!scalars.isEmpty()) {
        try (NDArray all = NDArrays.stack(scalars)) {
          double[] values = HostReads.doubles(all);
          for (int i = 0; i < values.length; i++) {
            takers.get(i).accept(values[i]);
          }
        }
        close();
      }
      return new Losses(terms);
    }

    @Override
    public void close() {
      scalars.close();
      scalars.clear();
      takers.clear();
    }
  }
}
