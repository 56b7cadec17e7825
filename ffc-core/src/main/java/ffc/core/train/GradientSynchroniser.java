package ffc.core.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ffc.core.loss.Losses;
import ffc.core.method.TrainerFootprint;
import ffc.engine.NativeOps;
import ffc.exchange.GroupExchange;
import ffc.exchange.GroupExchange.Wire;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Keeps the networks of several trainers equal: gradients are added up in every step, or networks
 * and momenta averaged every few steps (local SGD). Losses are those of the global batch, running
 * statistics of batch norm the mean over the trainers. Does nothing to a trainer alone.
 */
final class GradientSynchroniser implements AutoCloseable {
  /** Values that are on the heap at a time, unless a single array has more. */
  static final int BUCKET = TrainerFootprint.EXCHANGED_AT_ONCE;

  private final GroupExchange exchange;
  private final int every;
  private final TorchSums torch;

  /**
   * @param every steps between averages of the networks; 1 = add up gradients instead
   */
  GradientSynchroniser(GroupExchange exchange, int every) {
    this.exchange = exchange;
    this.every = every;
    torch = new TorchSums(exchange);
  }

  /**
   * What all trainers agree on at the end of a step.
   *
   * @param losses of the global batch
   * @param finite whether every trainer found its numbers finite
   * @param stop whether any trainer was asked to stop
   */
  record Agreement(Losses losses, boolean finite, boolean stop) {}

  /** Whether this is the trainer that evaluates and writes. */
  boolean isFirst() {
    return exchange.rank() == 0;
  }

  private boolean alone() {
    return exchange.trainers() == 1;
  }

  /** Whether each trainer follows its own gradients for a while. */
  boolean local() {
    return every > 1 && !alone();
  }

  /** Whether networks are to be averaged after a step. */
  boolean averagesAfter(long step) {
    return local() && step % every == 0;
  }

  /**
   * Adds up the gradients. Losses and gradients of a trainer are its share of the global batch's,
   * so the sum is the gradient of the global loss. If this throws, some of them are sums already.
   */
  void sumGradients(NDList gradients) {
    if (alone() || local()) {
      return;
    }
    if (torch.sum(gradients)) {
      return;
    }
    for (NDList bucket : buckets(gradients)) {
      float[] values = NativeOps.flatten(bucket);
      exchange.allReduceSum(values, Wire.gradients);
      NativeOps.unflatten(values, bucket);
    }
  }

  /** The arrays in their order, so many at a time that a few megabytes of the heap hold them. */
  private static List<NDList> buckets(NDList arrays) {
    List<NDList> buckets = new ArrayList<>();
    long values = BUCKET;
    for (NDArray array : arrays) {
      if (values + array.size() > BUCKET) {
        buckets.add(new NDList());
        values = 0;
      }
      buckets.get(buckets.size() - 1).add(array);
      values += array.size();
    }
    return buckets;
  }

  /** Factor that turns a trainer's own gradient into one of a mean over a whole batch. */
  double gradientFactor() {
    return local() ? exchange.trainers() : 1;
  }

  /**
   * The last exchange of a step.
   *
   * @param running statistics to average; some may be averages already if this throws
   */
  Agreement agree(Losses mine, boolean finite, boolean stop, NDList running) {
    if (alone()) {
      return new Agreement(mine, finite, stop);
    }
    Map<String, Double> terms = mine.terms();
    ByteBuffer record = ByteBuffer.allocate(2 + Double.BYTES * terms.size());
    record.put((byte) (finite ? 1 : 0)).put((byte) (stop ? 1 : 0));
    terms.values().forEach(record::putDouble);
    List<byte[]> all = exchange.allGather(record.array());
    double[] sums = new double[terms.size()];
    boolean allFinite = true;
    boolean anyStop = false;
    for (byte[] bytes : all) {
      ByteBuffer theirs = ByteBuffer.wrap(bytes);
      allFinite &= theirs.get() != 0;
      anyStop |= theirs.get() != 0;
      for (int i = 0; i < sums.length; i++) {
        sums[i] += theirs.getDouble();
      }
    }
    if (!local() && !running.isEmpty()) {
      average(running);
    }
    Map<String, Double> total = new LinkedHashMap<>();
    int i = 0;
    for (String term : terms.keySet()) {
      total.put(term, sums[i++]);
    }
    return new Agreement(new Losses(total), allFinite, anyStop);
  }

  /** Sets arrays to their mean over the trainers. If this throws, some of them are already. */
  void average(NDList arrays) {
    if (torch.mean(arrays)) {
      return;
    }
    for (NDList bucket : buckets(arrays)) {
      float[] values = NativeOps.flatten(bucket);
      exchange.allReduceSum(values, Wire.exact);
      for (int i = 0; i < values.length; i++) {
        values[i] /= exchange.trainers();
      }
      NativeOps.unflatten(values, bucket);
    }
  }

  /**
   * Meets the others after work that the first trainer did alone.
   *
   * @return the first trainer's value
   */
  double valueOfFirst(double mine) {
    byte[] bytes = ByteBuffer.allocate(Double.BYTES).putDouble(mine).array();
    return ByteBuffer.wrap(exchange.meet(bytes).get(0)).getDouble();
  }

  @Override
  public void close() {
    torch.close();
  }
}
