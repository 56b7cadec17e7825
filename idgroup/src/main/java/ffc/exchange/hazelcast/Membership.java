package ffc.exchange.hazelcast;

import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.core.HazelcastException;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import ffc.exchange.EpochEndedException;
import ffc.exchange.Replica;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * How the trainers agree on the next epoch. Start, join, replacement and loss are one path: whoever
 * is between epochs keeps a {@link Report} in the cluster; when all that must have reported, the
 * longest-standing trainer publishes a {@link Plan}; those it names adopt it, and those behind load
 * the state of the most advanced.
 */
final class Membership implements AutoCloseable {
  private static final Duration WATCH = Duration.ofMillis(200);
  private static final Duration POLL = Duration.ofMillis(20);

  /** How long a trainer named in a plan may be missing from our member list, which may lag. */
  private static final Duration LIST_LAG = Duration.ofSeconds(2);

  private final ClusterMember member;
  private final Replica replica;
  private final Consumer<String> status;
  private final BooleanSupplier stop;
  private final Boards boards;
  private final PlanMaker planMaker;
  private final Thread watcher;
  private volatile Epoch current;
  private volatile boolean closed;
  private boolean halfLoaded;

  /** State hash of the replica between two epochs, and whether it has been computed. */
  private long hash;

  private boolean hashKnown;

  private String lastStatus = "";

  Membership(ClusterMember member, Replica replica, Consumer<String> status, BooleanSupplier stop) {
    this.member = member;
    this.replica = replica;
    this.status = status;
    this.stop = stop;
    boards = new Boards(member);
    planMaker = new PlanMaker(member.config(), member::storageMembers);
    member
        .hazelcast()
        .getCluster()
        .addMembershipListener(
            new MembershipListener() {
              @Override
              public void memberAdded(MembershipEvent event) {}

              @Override
              public void memberRemoved(MembershipEvent event) {
                endIfIncomplete();
              }
            });
    watcher = new Thread(this::watch, "ffc-membership");
    watcher.setDaemon(true);
    watcher.start();
  }

  /**
   * Waits for the next epoch that includes this trainer and brings its replica up to it.
   *
   * @return null if the others have finished the run
   * @throws IllegalStateException if too few trainers come in time, or the replicas contradict
   * @throws CancellationException if asked to stop meanwhile
   */
  Epoch next() {
    Epoch ended = current;
    if (ended != null) {
      ended.end("this trainer left the epoch");
    }
    hashKnown = false;
    long seen = ended == null ? 0 : ended.plan().epoch();
    long started = System.nanoTime();
    long firstIncomplete = 0;
    Report lastReport = null;
    long lastReported = 0;
    while (true) {
      if (stop.getAsBoolean()) {
        throw new CancellationException("stopped while trainers were waited for: " + presence());
      }
      checkDeadline(started);
      try {
        member.refuseConflicts(); // clusters of the same second find each other afterwards
        Plan plan = boards.newest();
        if (areThrough(ended)) {
          return null;
        }
        boolean mine = plan.epoch() > seen && plan.positionOf(member.card().incarnation()) >= 0;
        if (mine && isComplete(plan)) {
          Epoch epoch = adopt(plan);
          if (epoch != null) {
            return epoch;
          }
          seen = plan.epoch();
        } else if (mine && firstIncomplete == 0) {
          firstIncomplete = System.nanoTime();
        } else if (!mine || System.nanoTime() - firstIncomplete > LIST_LAG.toNanos()) {
          seen = Math.max(seen, plan.epoch());
          firstIncomplete = 0;
        }
        Report report = report(seen);
        // Repeated, because a merge after a network partition may drop ours.
        if (!report.equals(lastReport) || System.nanoTime() - lastReported > 1_000_000_000L) {
          boards.report(report);
          lastReport = report;
          lastReported = System.nanoTime();
        }
        coordinate(plan);
      } catch (HazelcastException | HazelcastInstanceNotActiveException e) {
        // Calls fail while the cluster rearranges itself; the loop asks again.
        if (!member.isRunning()) {
          throw new IllegalStateException("cluster: this member has been shut down", e);
        }
      }
      pause(POLL);
    }
  }

  /** Whether a trainer of the epoch that ended here has finished the run. */
  private boolean areThrough(Epoch ended) {
    return ended != null
        && ended.plan().parts().stream()
            .map(part -> boards.departure(part.incarnation()))
            .anyMatch(how -> how == Boards.Departure.THROUGH);
  }

  private void checkDeadline(long started) {
    int seconds = member.config().waitSeconds();
    if (System.nanoTime() - started > seconds * 1_000_000_000L) {
      throw new IllegalStateException(
          "cluster: no epoch began within " + seconds + " s (cluster.waitSeconds): " + presence());
    }
  }

  private Report report(long seen) {
    if (halfLoaded || replica.step() < 0) {
      return new Report(member.card().incarnation(), -1, 0, seen);
    }
    if (!hashKnown) {
      hash = replica.group().stateHash();
      hashKnown = true;
    }
    return new Report(member.card().incarnation(), replica.step(), hash, seen);
  }

  private void coordinate(Plan plan) {
    List<MemberCard> present = member.trainers();
    String line = presence(present, plan);
    if (!line.equals(lastStatus)) {
      status.accept(line);
      lastStatus = line;
    }
    if (!present.isEmpty() && present.get(0).incarnation().equals(member.card().incarnation())) {
      planMaker.make(plan, present, boards::report).ifPresent(boards::publish);
    }
  }

  private String presence() {
    return presence(member.trainers(), boards.newest());
  }

  /** Who is there, who is missing, who has yet to report, and who is there in vain. */
  private String presence(List<MemberCard> present, Plan plan) {
    Set<Integer> missing = new TreeSet<>();
    for (int rank = 0; rank < member.config().trainers(); rank++) {
      missing.add(rank);
    }
    List<Integer> silent = new ArrayList<>();
    for (MemberCard card : present) {
      missing.remove(card.rank());
      if (!planMaker.isValid(boards.report(card.rank()), card, plan)) {
        silent.add(card.rank());
      }
    }
    StringBuilder line = new StringBuilder();
    line.append(present.size()).append(" of ").append(member.config().trainers());
    line.append(" trainers are there").append(ranks(", missing rank ", missing));
    line.append(ranks(", waiting for the report of rank ", silent));
    if (plan.epoch() > 0 && member.config().onLoss() == ClusterConfig.OnLoss.shrink) {
      line.append(", votes ").append(planMaker.votes(present.size()));
      line.append(" of a quorum of ").append(member.config().quorum());
    }
    member.misfits().forEach(misfit -> line.append("; ").append(misfit));
    return line.toString();
  }

  private static String ranks(String what, Collection<Integer> ranks) {
    return ranks.isEmpty()
        ? ""
        : what + ranks.stream().sorted().map(String::valueOf).collect(Collectors.joining(", "));
  }

  /** Takes part in a plan; null if it fell apart meanwhile. */
  private Epoch adopt(Plan plan) {
    if (!plan.error().isEmpty()) {
      throw new IllegalStateException(plan.error());
    }
    Epoch epoch = new Epoch(member, plan);
    current = epoch;
    lastStatus = "";
    try {
      if (plan.anyoneLoads()) {
        moveState(plan, epoch);
      }
      return epoch;
    } catch (EpochEndedException | HazelcastException e) {
      epoch.end("the epoch fell apart while state was moved");
      return null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void moveState(Plan plan, Epoch epoch) throws IOException {
    List<Integer> loaders = new ArrayList<>();
    int source = -1;
    for (int i = 0; i < plan.parts().size(); i++) {
      source = plan.parts().get(i).rank() == plan.source() ? i : source;
      if (plan.parts().get(i).loads()) {
        loaders.add(i);
      }
    }
    StateTransfer transfer = new StateTransfer(epoch, source, loaders);
    if (epoch.position() == source) {
      transfer.send(replica);
    }
    if (!loaders.contains(epoch.position())) {
      return;
    }
    status.accept("loading the state of rank " + plan.source() + " at step " + plan.startStep());
    halfLoaded = true;
    hashKnown = false;
    transfer.load(replica);
    long loadedHash = replica.group().stateHash();
    if (replica.step() != plan.startStep() || loadedHash != plan.hash()) {
      throw new IllegalStateException(
          String.format(
              "cluster: the state loaded from rank %d is at step %d with hash %016x, wanted step"
                  + " %d with hash %016x",
              plan.source(), replica.step(), loadedHash, plan.startStep(), plan.hash()));
    }
    halfLoaded = false;
  }

  private boolean isComplete(Plan plan) {
    Set<String> present =
        member.trainers().stream().map(MemberCard::incarnation).collect(Collectors.toSet());
    return plan.parts().stream().allMatch(part -> present.contains(part.incarnation()));
  }

  private void endIfIncomplete() {
    Epoch epoch = current;
    if (epoch != null && !isComplete(epoch.plan())) {
      epoch.end("a trainer was lost");
    }
  }

  private void watch() {
    while (!closed) {
      pause(WATCH);
      try {
        endIfIncomplete();
        Epoch epoch = current;
        if (epoch != null && !epoch.hasEnded()) {
          watchOthers(epoch);
        }
      } catch (RuntimeException e) {
        // The cluster is rearranging itself; the next look tells more. Damaged records are
        // reported by the trainer's own reads.
        pause(WATCH);
      }
    }
  }

  private void watchOthers(Epoch epoch) {
    Plan plan = epoch.plan();
    Plan published = boards.plan();
    if (published.epoch() > plan.epoch()
        || (published.epoch() == plan.epoch() && published.nonce() != plan.nonce())) {
      epoch.end("the other trainers went on to epoch " + published.epoch());
      return;
    }
    for (MemberCard card : member.trainers()) {
      Report report = boards.report(card.rank());
      if (report == null || !report.incarnation().equals(card.incarnation())) {
        continue;
      }
      if (report.seenEpoch() >= plan.epoch()) {
        if (plan.positionOf(card.incarnation()) >= 0) {
          epoch.end("rank " + card.rank() + " left the epoch");
        } else {
          epoch.askForNext();
        }
      }
    }
  }

  /**
   * Says that this trainer leaves, and waits until all do.
   *
   * @param through whether because the run is; otherwise because it cannot go on
   */
  void depart(boolean through) {
    Epoch epoch = current;
    if (epoch == null) {
      return;
    }
    boards.depart(through ? Boards.Departure.THROUGH : Boards.Departure.FAILED);
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (System.nanoTime() < end
        && epoch.plan().parts().stream()
            .map(Plan.Part::incarnation)
            .anyMatch(i -> isPresent(i) && boards.departure(i) == null)) {
      pause(POLL);
    }
  }

  private boolean isPresent(String incarnation) {
    return member.trainers().stream().anyMatch(c -> c.incarnation().equals(incarnation));
  }

  private static void pause(Duration time) {
    try {
      Thread.sleep(time.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("cluster: interrupted while waiting for trainers", e);
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
