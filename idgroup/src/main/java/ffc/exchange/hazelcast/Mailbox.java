package ffc.exchange.hazelcast;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Records that the other trainers have sent to this one, each kept under its label until it is
 * asked for. Order of arrival means nothing, and a record that comes twice is the same record.
 * Thread-safe.
 */
final class Mailbox {
  private final Map<Label, CompletableFuture<byte[]>> records = new ConcurrentHashMap<>();
  private volatile long epoch;

  /**
   * What distinguishes a record from every other of the cluster's life.
   *
   * @param epoch number of the membership epoch
   * @param nonce of the membership epoch
   * @param kind of the record, as in {@link Frames}
   * @param tag step or running number
   * @param rank of the sender
   */
  record Label(long epoch, long nonce, int kind, long tag, int rank) {}

  /** Throws away what is left of earlier epochs. A later one's records may be here already. */
  void begin(long epoch) {
    this.epoch = epoch;
    records.keySet().removeIf(label -> label.epoch() < epoch);
  }

  /** A record has come. */
  void put(Label label, byte[] frame) {
    if (label.epoch() >= epoch) {
      slot(label).complete(frame);
    }
  }

  /** The record of a label as soon as it is here; {@link #remove} it then. */
  CompletableFuture<byte[]> get(Label label) {
    return slot(label);
  }

  void remove(Label label) {
    records.remove(label);
  }

  private CompletableFuture<byte[]> slot(Label label) {
    return records.computeIfAbsent(label, l -> new CompletableFuture<>());
  }
}
