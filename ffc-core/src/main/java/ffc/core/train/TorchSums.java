package ffc.core.train;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDList;
import ffc.engine.Collectives;
import ffc.exchange.EpochLink;
import ffc.exchange.GroupExchange;
import ffc.exchange.Sums;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Sums over the trainers by PyTorch's collectives, where all of them have some. Each membership
 * epoch has a group of its own: before its first sum the trainers tell each other over the exchange
 * what they have and where the first one listens. A failure ends the epoch, and the step is made
 * again in the next one; why: docs/decisions/091-collectives-of-pytorch.md.
 */
final class TorchSums implements AutoCloseable {
  private final GroupExchange exchange;

  /** The epoch that {@link #group} is for; null before the first sum and after a failure. */
  private EpochLink link;

  /** Null if the trainers of the epoch do without. */
  private Collectives group;

  private boolean failedBefore;
  private String said = "";

  TorchSums(GroupExchange exchange) {
    this.exchange = exchange;
  }

  /**
   * Adds up arrays over the trainers, in place; a call of all of them. If this throws, some may be
   * sums already.
   *
   * @return false if nothing was done, because the trainers are to do it over the exchange
   * @throws ffc.exchange.EpochEndedException if the set of trainers changes
   * @throws IllegalStateException if a trainer is silent, or sums fail again and again
   */
  boolean sum(NDList arrays) {
    return add(arrays, 1);
  }

  /** As {@link #sum}, with the mean. */
  boolean mean(NDList arrays) {
    return add(arrays, exchange.trainers());
  }

  private boolean add(NDList arrays, double divisor) {
    EpochLink epoch = exchange.link().orElse(null);
    if (arrays.isEmpty() || epoch == null || epoch.sums() == Sums.cluster) {
      return false;
    }
    try {
      if (epoch != link) {
        connect(epoch, arrays.head().getDevice());
      }
    } catch (EngineException e) {
      throw failure(epoch, e);
    }
    if (group == null) {
      return false;
    }
    long began = System.nanoTime();
    try {
      group.allReduce(arrays, divisor);
    } catch (EngineException e) {
      boolean late = System.nanoTime() - began >= epoch.deadline().toNanos();
      throw late ? epoch.silent() : failure(epoch, e);
    }
    failedBefore = false;
    int trainers = exchange.trainers();
    long bytes = arrays.stream().mapToLong(a -> a.size() * a.getDataType().getNumOfBytes()).sum();
    epoch.sent(2 * bytes * (trainers - 1) / trainers);
    return true;
  }

  /**
   * What a trainer has.
   *
   * @param kind as {@link Collectives#kind} says; empty for none
   * @param port at which it listens at its address, if it is the first
   */
  private record Offer(String kind, String address, int port) {
    byte[] bytes() {
      return String.join("\n", kind, address, Integer.toString(port))
          .getBytes(StandardCharsets.UTF_8);
    }

    static Offer of(byte[] bytes) {
      String[] lines = new String(bytes, StandardCharsets.UTF_8).split("\n", -1);
      return new Offer(lines[0], lines[1], Integer.parseInt(lines[2]));
    }
  }

  private void connect(EpochLink epoch, Device device) {
    close();
    String kind = Collectives.kind(device).orElse("");
    int port = 0;
    if (!kind.isEmpty()) {
      Collectives mine = new Collectives(device, epoch.deadline());
      group = mine;
      epoch.whenEnded(() -> mine.abort("the epoch ended"));
      port = exchange.rank() == 0 ? mine.listen(epoch.address()) : 0;
    }
    Offer mine = new Offer(kind, epoch.address(), port);
    List<Offer> offers = exchange.allGather(mine.bytes()).stream().map(Offer::of).toList();
    List<String> kinds = offers.stream().map(Offer::kind).distinct().toList();
    if (kinds.size() == 1 && !kind.isEmpty()) {
      Offer first = offers.get(0);
      group.join(
          first.address(), first.port(), exchange.rank(), exchange.trainers(), epoch.address());
      say(epoch, "gradients are added up by " + kind);
    } else {
      close();
      String have = inventory(epoch, offers, kinds);
      if (epoch.sums() == Sums.torch) {
        exchange.giveUp(); // all come to this
        throw new IllegalStateException("cluster: cluster.sums is torch, but " + have);
      }
      if (kinds.size() > 1) {
        say(epoch, "gradients are added up over the cluster: " + have);
      }
    }
    link = epoch;
  }

  private static String inventory(EpochLink epoch, List<Offer> offers, List<String> kinds) {
    List<String> texts = new ArrayList<>();
    for (String kind : kinds) {
      String ranks =
          IntStream.range(0, offers.size())
              .filter(i -> offers.get(i).kind().equals(kind))
              .mapToObj(i -> Integer.toString(epoch.rank(i)))
              .collect(Collectors.joining(", "));
      texts.add("rank " + ranks + (kind.isEmpty() ? " runs without FFC_TORCH" : " has " + kind));
    }
    return String.join("; ", texts) + "; PyTorch's collectives want the same on all";
  }

  private void say(EpochLink epoch, String line) {
    if (!line.equals(said)) {
      epoch.say(line);
      said = line;
    }
  }

  /** Closes the group, so that no other trainer waits in it either. */
  private RuntimeException failure(EpochLink epoch, EngineException e) {
    close();
    String reason = "PyTorch's collectives failed: " + e.getMessage();
    if (epoch.endsSoon()) {
      return epoch.broken(reason);
    }
    if (failedBefore) {
      return new IllegalStateException(
          "cluster: though all trainers are there, "
              + reason
              + ". Their machines must reach each other at cluster.interface on any port; or set"
              + " cluster.sums: cluster",
          e);
    }
    failedBefore = true;
    return epoch.broken(reason);
  }

  @Override
  public void close() {
    link = null;
    if (group != null) {
      group.close();
      group = null;
    }
  }
}
