package ffc.core.loss;

import ai.djl.ndarray.NDArray;
import ffc.core.checkpoint.CheckpointReader;
import ffc.core.checkpoint.CheckpointWriter;
import ffc.exchange.GroupExchange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * The numbers that a {@link MarginRule} remembers, from step to step and the same bits on every
 * trainer. A step begins, gives its samples their margins by what steps before it left, adds up
 * over the trainers what its samples contribute, and is committed, or not if it is dropped. So
 * neither the order of slices, sides and trainers nor their number changes what a margin sees. Why:
 * {@code docs/decisions/082-margins-in-one-file.md}.
 *
 * <p>Costs nothing where the rule remembers nothing.
 */
public final class MarginState {
  // B samples

  private static final String FILE = "margin";

  private final MarginRule rule;
  private final GroupExchange exchange;
  private final LongSupplier steps;
  private double[] state;
  private double[] sums;

  /**
   * @param steps completed, dropped ones included
   */
  public MarginState(MarginRule rule, GroupExchange exchange, LongSupplier steps) {
    this.rule = rule;
    this.exchange = exchange;
    this.steps = steps;
    this.state = rule.initial();
  }

  /** Begins a step; forgets one that came to nothing. */
  public void begin() {
    sums = null;
  }

  /** Whether the margin depends on more than cosines. */
  public boolean seesSamples() {
    return rule.seesSamples();
  }

  /**
   * Samples of the step under way.
   *
   * @param norms of the embeddings before normalisation, f [B] or [B, 1]
   */
  public MarginRule.Samples samples(NDArray norms, long[] ids) {
    return new MarginRule.Samples(norms.flatten(), ids, steps.getAsLong());
  }

  /** The margin of samples, all of which count. */
  public Margin at(MarginRule.Samples samples) {
    return at(samples, 0, samples == null ? 0 : samples.ids().length);
  }

  /**
   * The margin of samples, of which some are other trainers'.
   *
   * @param samples null if the margin depends on cosines alone
   * @param from first one that is this trainer's and counts here
   * @param to behind the last of them
   */
  public Margin at(MarginRule.Samples samples, int from, int to) {
    Margin margin = rule.of(samples, state.clone());
    if (state.length == 0) {
      return margin;
    }
    AtomicBoolean counted = new AtomicBoolean(from == to);
    return margin.withTarget(
        targetB -> {
          // Heads of one pass score the same samples again.
          if (!counted.getAndSet(true)) {
            boolean all = from == 0 && to == samples.ids().length;
            NDArray mineB = all ? targetB : targetB.get(from + ":" + to);
            add(rule.sums(mineB, samples.range(from, to)));
          }
          return margin.target(targetB);
        });
  }

  /** Adds up over the trainers; after the last margin of a step, and a call of all trainers. */
  public void exchange() {
    if (state.length == 0 || exchange.trainers() == 1) {
      return;
    }
    // In double precision and in rank order on all of them: the same bits.
    List<byte[]> all = exchange.allGather(bytes(sums));
    sums = null;
    for (byte[] theirs : all) {
      add(doubles(theirs));
    }
  }

  private void add(double[] more) {
    if (more.length == 0) {
      return; // a trainer none of whose samples got a margin
    }
    sums = sums == null ? new double[more.length] : sums;
    for (int i = 0; i < more.length; i++) {
      sums[i] += more[i];
    }
  }

  private static byte[] bytes(double[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(values == null ? 0 : Double.BYTES * values.length);
    bytes.asDoubleBuffer().put(values == null ? new double[0] : values);
    return bytes.array();
  }

  private static double[] doubles(byte[] bytes) {
    double[] values = new double[bytes.length / Double.BYTES];
    ByteBuffer.wrap(bytes).asDoubleBuffer().get(values);
    return values;
  }

  /** Completes the step. */
  public void commit() {
    if (sums != null) {
      state = rule.next(state.clone(), sums);
      sums = null;
    }
  }

  /** The numbers by name, for reports. */
  public Map<String, Double> figures() {
    Map<String, Double> figures = new LinkedHashMap<>();
    for (int i = 0; i < state.length; i++) {
      figures.put("margin_" + rule.names().get(i), state[i]);
    }
    return figures;
  }

  /** The numbers' bits by name. */
  public Map<String, Long> hashes() {
    Map<String, Long> hashes = new LinkedHashMap<>();
    figures().forEach((name, value) -> hashes.put(name, Double.doubleToLongBits(value)));
    return hashes;
  }

  /** Writes the numbers, in digits that read back exactly; no file if there are none. */
  public void save(CheckpointWriter out) throws IOException {
    if (state.length > 0) {
      Map<String, String> values = new LinkedHashMap<>();
      for (int i = 0; i < state.length; i++) {
        values.put(rule.names().get(i), Double.toString(state[i]));
      }
      out.properties(FILE, values);
    }
  }

  /**
   * Reads them back.
   *
   * @throws IllegalArgumentException if they are missing, another margin's or no numbers
   */
  public void load(CheckpointReader in) throws IOException {
    begin();
    if (state.length == 0) {
      return;
    }
    Map<String, String> values = in.properties(FILE);
    String file = in.folder() + "/" + FILE + ".properties";
    if (!List.copyOf(values.keySet()).equals(rule.names())) {
      throw new IllegalArgumentException(
          file
              + ": has "
              + String.join(", ", values.keySet())
              + ", expected "
              + String.join(", ", rule.names())
              + "; the checkpoint was written with another margin");
    }
    state = values.entrySet().stream().mapToDouble(e -> number(file, e)).toArray();
  }

  private static double number(String file, Map.Entry<String, String> entry) {
    try {
      double value = Double.parseDouble(entry.getValue());
      if (Double.isFinite(value)) {
        return value;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException(
        file + ": " + entry.getKey() + " is " + entry.getValue() + ", expected a number");
  }

  @Override
  public String toString() {
    return rule + " at " + Arrays.toString(state);
  }
}
