package ffc.idgroup.cluster;

import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.core.HazelcastException;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.map.IMap;
import ffc.idgroup.EpochEndedException;
import ffc.idgroup.Replica;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
  private static final String PLAN_KEY = "plan";
  private static final Duration WATCH = Duration.ofMillis(200);
  private static final Duration POLL = Duration.ofMillis(20);

  /** How long a trainer named in a plan may be missing from our member list, which may lag. */
  private static final Duration LIST_LAG = Duration.ofSeconds(2);

  private final ClusterMember member;
  private final Replica replica;
  private final Consumer<String> status;
  private final BooleanSupplier stop;
  private final IMap<String, byte[]> plans;
  private final IMap<Integer, byte[]> reports;
  private final IMap<String, byte[]> departures;
  private final Snapshots snapshots;
  private final PlanMaker planMaker;
  private final Thread watcher;
  private volatile Epoch current;
  private volatile boolean joinPending;
  private volatile boolean closed;
  private boolean halfLoaded;

  /** State hash of the replica between two epochs, and whether it has been computed. */
  private long hash;

  private boolean hashKnown;

  /** The newest plan this trainer has read, and its frame: the map may lose it with a member. */
  private Plan known = Plan.NONE;

  private byte[] knownFrame;
  private String lastStatus = "";

  Membership(ClusterMember member, Replica replica, Consumer<String> status, BooleanSupplier stop) {
    this.member = member;
    this.replica = replica;
    this.status = status;
    this.stop = stop;
    plans = member.map("plans");
    reports = member.map("reports");
    departures = member.map("departures");
    snapshots = new Snapshots(member);
    planMaker = new PlanMaker(member);
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

  /** Whether a trainer that is not in this epoch waits for the next one. */
  boolean joinPending() {
    return joinPending;
  }

  Snapshots snapshots() {
    return snapshots;
  }

  /**
   * Waits for the next epoch that includes this trainer and brings its replica up to it.
   *
   * @throws IllegalStateException if too few trainers come in time, or the replicas contradict
   * @throws CancellationException if asked to stop meanwhile
   */
  Epoch next() {
    Epoch ended = current;
    if (ended != null) {
      ended.end("this trainer left the epoch");
    }
    joinPending = false;
    hashKnown = false;
    long seen = ended == null ? 0 : ended.plan().epoch();
    long started = System.nanoTime();
    long firstIncomplete = 0;
    Report lastReport = null;
    long lastReported = 0;
    while (true) {
      if (stop.getAsBoolean()) {
        throw new CancellationException(
            "stopped while trainers were waited for: " + presence(member.trainers()));
      }
      checkDeadline(started);
      try {
        byte[] published = plans.get(PLAN_KEY);
        Plan plan = remember(published);
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
          byte[] frame =
              member.frames().seal(Frames.REPORT, 0, 0, member.card().rank(), 0, report.toBytes());
          reports.set(member.card().rank(), frame);
          lastReport = report;
          lastReported = System.nanoTime();
        }
        coordinate(plan, published);
      } catch (HazelcastException | HazelcastInstanceNotActiveException e) {
        // Calls fail while the cluster rearranges itself; the loop asks again.
        if (!member.isRunning()) {
          throw new IllegalStateException("cluster: this member has been shut down", e);
        }
      }
      pause(POLL);
    }
  }

  private void checkDeadline(long started) {
    int seconds = member.config().waitSeconds();
    if (System.nanoTime() - started > seconds * 1_000_000_000L) {
      throw new IllegalStateException(
          "cluster: no epoch began within "
              + seconds
              + " s (cluster.waitSeconds): "
              + presence(member.trainers()));
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

  /** The newest plan there is, published again if the map has lost it. */
  private Plan remember(byte[] published) {
    Plan plan = open(published);
    if (plan.epoch() >= known.epoch()) {
      known = plan;
      knownFrame = published;
    } else {
      publish(published, knownFrame);
    }
    return known;
  }

  /** Puts a plan in place of the one that was read, unless another has come meanwhile. */
  private boolean publish(byte[] before, byte[] after) {
    return before == null
        ? plans.putIfAbsent(PLAN_KEY, after) == null
        : plans.replace(PLAN_KEY, before, after);
  }

  private void coordinate(Plan plan, byte[] published) {
    List<MemberCard> present = member.trainers();
    String line = presence(present);
    if (!line.equals(lastStatus)) {
      status.accept(line);
      lastStatus = line;
    }
    if (!present.isEmpty() && present.get(0).incarnation().equals(member.card().incarnation())) {
      planMaker
          .make(plan, present, this::readReport)
          .ifPresent(
              made -> {
                byte[] frame = member.frames().seal(Frames.PLAN, 0, 0, 0, 0, made.toBytes());
                if (publish(published, frame)) {
                  snapshots.remove(snapshotName(plan));
                }
              });
    }
  }

  private String presence(List<MemberCard> present) {
    Set<Integer> missing = new HashSet<>();
    for (int rank = 0; rank < member.config().trainers(); rank++) {
      missing.add(rank);
    }
    present.forEach(card -> missing.remove(card.rank()));
    String count = present.size() + " of " + member.config().trainers() + " trainers are there";
    return missing.isEmpty()
        ? count
        : count
            + ", missing rank "
            + missing.stream().sorted().map(String::valueOf).collect(Collectors.joining(", "));
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
    Plan.Part mine = plan.parts().get(epoch.position());
    String name = snapshotName(plan);
    if (mine.rank() == plan.source()) {
      snapshots.store(name, plan.startStep(), plan.hash(), replica::save);
    }
    if (!mine.loads()) {
      return;
    }
    status.accept("loading the state of rank " + plan.source() + " at step " + plan.startStep());
    long started = System.nanoTime();
    Optional<Snapshots.Header> header = snapshots.find(name);
    long patience = member.config().deadlineSeconds() * 1_000_000_000L;
    while (header.isEmpty()) {
      epoch.checkOpen();
      if (System.nanoTime() - started > patience) {
        throw new EpochEndedException("no state has come from rank " + plan.source());
      }
      pause(POLL);
      header = snapshots.find(name);
    }
    halfLoaded = true;
    hashKnown = false;
    snapshots.load(name, header.get(), replica::load);
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

  private static String snapshotName(Plan plan) {
    return String.format("replica-e%d-%016x", plan.epoch(), plan.nonce());
  }

  private Plan open(byte[] frame) {
    return frame == null
        ? Plan.NONE
        : Plan.of(member.frames().open(frame, Frames.PLAN, 0, 0, 0, "the epoch's plan").payload());
  }

  private Report readReport(int rank) {
    byte[] frame = reports.get(rank);
    return frame == null
        ? null
        : Report.of(
            member
                .frames()
                .open(frame, Frames.REPORT, 0, 0, rank, "the report of rank " + rank)
                .payload());
  }

  private boolean isComplete(Plan plan) {
    Set<String> present =
        member.trainers().stream().map(MemberCard::incarnation).collect(Collectors.toSet());
    return plan.parts().stream().allMatch(part -> present.contains(part.incarnation()));
  }

  private void endIfIncomplete() {
    Epoch epoch = current;
    if (epoch != null && !isComplete(epoch.plan())) {
      epoch.end("a trainer was lost: " + presence(member.trainers()));
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
    Plan published = open(plans.get(PLAN_KEY));
    if (published.epoch() > plan.epoch()
        || (published.epoch() == plan.epoch() && published.nonce() != plan.nonce())) {
      epoch.end("the other trainers went on to epoch " + published.epoch());
      return;
    }
    for (MemberCard card : member.trainers()) {
      Report report = readReport(card.rank());
      if (report == null || !report.incarnation().equals(card.incarnation())) {
        continue;
      }
      if (report.seenEpoch() >= plan.epoch()) {
        if (plan.positionOf(card.incarnation()) >= 0) {
          epoch.end("rank " + card.rank() + " left the epoch");
        } else {
          joinPending = true;
        }
      }
    }
  }

  /** Says that this trainer has done its last step, and waits until all have. */
  void depart() {
    Epoch epoch = current;
    departures.set(member.card().incarnation(), new byte[0]);
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (System.nanoTime() < end
        && epoch.plan().parts().stream()
            .map(Plan.Part::incarnation)
            .anyMatch(i -> isPresent(i) && !departures.containsKey(i))) {
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
