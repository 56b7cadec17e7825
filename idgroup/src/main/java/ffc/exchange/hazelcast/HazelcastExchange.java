package ffc.exchange.hazelcast;

import com.hazelcast.core.DistributedObject;
import ffc.exchange.Contribution;
import ffc.exchange.EpochEndedException;
import ffc.exchange.EpochLink;
import ffc.exchange.GlobalBatch;
import ffc.exchange.GroupExchange;
import ffc.exchange.Replica;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Exchange between trainers in lock-step, each a process of its own, over a Hazelcast cluster:
 * records go straight from member to member and are applied in rank order.
 */
public final class HazelcastExchange implements GroupExchange {
  private static final int FLAG_JOIN = 1;

  private final ClusterMember member;
  private final Consumer<String> status;
  private final BooleanSupplier stop;
  private Replica replica;
  private Membership membership;
  private Epoch epoch;
  private EpochLink link;
  private AllReduce allReduce;
  private long gathers;
  private long bytesSentBefore;
  private long bytesReported;

  /** All trainers know from this step's records that one waits to come in. */
  private boolean lastStepOfEpoch;

  private HazelcastExchange(ClusterMember member, Consumer<String> status, BooleanSupplier stop) {
    this.member = member;
    this.status = status;
    this.stop = stop;
  }

  /**
   * Starts this process's member of the cluster and looks for the others.
   *
   * @param status told what is waited for, a line at a time
   * @param stop asked while trainers are waited for: true makes this, {@link #begin} and {@link
   *     #rejoin} throw a {@link CancellationException}
   * @throws IllegalArgumentException if the members there refuse this trainer
   */
  public static HazelcastExchange connect(
      ClusterConfig config, RunIdentity run, Consumer<String> status, BooleanSupplier stop) {
    new MemberAddresses(config).awaitOne(status, stop);
    return new HazelcastExchange(ClusterMember.trainer(config, run), status, stop);
  }

  /** {@inheritDoc} A trainer whose run is through waits for nobody: the others may be gone. */
  @Override
  public boolean begin(Replica replica) {
    this.replica = replica;
    if (replica.isThrough()) {
      return false;
    }
    membership = new Membership(member, replica, status, stop);
    return rejoin();
  }

  @Override
  public boolean rejoin() {
    if (epoch != null) {
      bytesSentBefore += epoch.bytesSent();
    }
    Epoch next = membership.next();
    if (next == null) {
      return false;
    }
    epoch = next;
    link = new ClusterLink(epoch, member.config(), status);
    allReduce = new AllReduce(epoch);
    gathers = 0;
    lastStepOfEpoch = false;
    return true;
  }

  @Override
  public int trainers() {
    return epoch == null ? member.config().trainers() : epoch.size();
  }

  @Override
  public int rank() {
    return epoch == null ? member.config().rank() : epoch.position();
  }

  /** Number of the membership epoch; grows with every change. */
  public long epoch() {
    return epoch.plan().epoch();
  }

  /** Steps that had been applied when the epoch began. */
  public long startStep() {
    return epoch.plan().startStep();
  }

  /** Bytes this trainer has sent in records since it joined. */
  public long bytesSent() {
    return bytesSentBefore + epoch.bytesSent();
  }

  @Override
  public void beginStep(long step) {
    if (lastStepOfEpoch) {
      epoch.end("a trainer comes in");
      throw new EpochEndedException("a trainer comes in before step " + step);
    }
    epoch.atStep(step);
    int every = member.config().hashEvery();
    if (every > 0 && step % every == 0) {
      compareReplicas(step);
    }
  }

  private void compareReplicas(long step) {
    byte[] mine = ByteBuffer.allocate(Long.BYTES).putLong(stateHash()).array();
    if (!allGather(mine).stream().allMatch(theirs -> Arrays.equals(theirs, mine))) {
      String difference = difference(step);
      giveUp(); // whoever left first would take away what the others still read
      throw new IllegalStateException(difference);
    }
  }

  /**
   * {@inheritDoc}
   *
   * @throws EpochEndedException if the membership changes; the step must be started over
   * @throws IllegalArgumentException if a record is damaged, not signed, or does not fit
   * @throws IllegalStateException if a trainer is silent beyond the deadline
   */
  @Override
  public GlobalBatch exchange(long step, Contribution mine) {
    int flags = epoch.isNextAskedFor() ? FLAG_JOIN : 0;
    ByteBuffer frame = epoch.begin(Frames.GROUP, step, flags, GroupRecords.size(mine));
    GroupRecords.encode(mine, frame);
    List<Epoch.Part> others =
        epoch.gather(Frames.GROUP, step, frame, member.config().deadlineSeconds());
    List<Contribution> inRankOrder = new ArrayList<>();
    for (Epoch.Part part : others) {
      String what = "record of rank " + epoch.rank(part.position()) + " at step " + step;
      flags |= part.content().flags();
      inRankOrder.add(GroupRecords.decode(part.content().payload(), mine, what));
    }
    inRankOrder.add(epoch.position(), mine);
    lastStepOfEpoch = (flags & FLAG_JOIN) != 0;
    return GlobalBatch.of(inRankOrder);
  }

  /** One number for the group and the networks. */
  private long stateHash() {
    long hash = replica.group().stateHash();
    for (long array : replica.arrayHashes().values()) {
      hash = 31 * hash + array;
    }
    return hash;
  }

  private String difference(long step) {
    Map<String, Long> arrays = replica.arrayHashes();
    long[] slots = replica.group().slotHashes();
    ByteBuffer payload = ByteBuffer.allocate(8 * (arrays.size() + slots.length));
    LongBuffer mine = payload.asLongBuffer();
    arrays.values().forEach(mine::put);
    mine.put(slots);
    List<byte[]> all = allGather(payload.array());
    LongBuffer first = ByteBuffer.wrap(all.get(0)).asLongBuffer();
    for (int i = 1; i < all.size(); i++) {
      int place = first.mismatch(ByteBuffer.wrap(all.get(i)).asLongBuffer());
      if (place >= 0) {
        return String.format(
            "cluster: the replicas of ranks %d and %d differ before step %d; the first %s that"
                + " differs is %s. Resume from the last checkpoint.",
            epoch.rank(0),
            epoch.rank(i),
            step,
            place < arrays.size() ? "array" : "slot",
            place < arrays.size()
                ? List.copyOf(arrays.keySet()).get(place)
                : place - arrays.size());
      }
    }
    return "cluster: the replicas differ before step "
        + step
        + " in the order of use of their slots. Resume from the last checkpoint.";
  }

  @Override
  public void allReduceSum(float[] values, Wire wire) {
    allReduce.sum(
        values,
        wire == Wire.exact ? ClusterConfig.WirePrecision.fp32 : member.config().gradients());
  }

  @Override
  public List<byte[]> allGather(byte[] mine) {
    return gather(mine, member.config().deadlineSeconds());
  }

  @Override
  public List<byte[]> meet(byte[] mine) {
    return gather(mine, Epoch.NO_DEADLINE);
  }

  private List<byte[]> gather(byte[] mine, int deadlineSeconds) {
    long tag = gathers++;
    ByteBuffer frame = epoch.begin(Frames.GATHER, tag, 0, mine.length).put(mine);
    List<byte[]> all = new ArrayList<>();
    for (Epoch.Part part : epoch.gather(Frames.GATHER, tag, frame, deadlineSeconds)) {
      byte[] theirs = new byte[part.content().payload().remaining()];
      part.content().payload().get(theirs);
      all.add(theirs);
    }
    all.add(epoch.position(), Arrays.copyOf(mine, mine.length));
    return all;
  }

  @Override
  public Optional<EpochLink> link() {
    return Optional.ofNullable(link);
  }

  /** Names of what lies in the cluster's memory. */
  Set<String> heldInTheCluster() {
    return member.hazelcast().getDistributedObjects().stream()
        .map(DistributedObject::getName)
        .collect(Collectors.toSet());
  }

  @Override
  public Map<String, Double> statistics() {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("trainers", (double) trainers());
    figures.put("cluster_epoch", (double) epoch());
    figures.put("bytes_sent", (double) (bytesSent() - bytesReported));
    bytesReported = bytesSent();
    return figures;
  }

  @Override
  public void finish() {
    if (membership != null) {
      membership.depart(true);
    }
  }

  @Override
  public void giveUp() {
    membership.depart(false);
  }

  /** Leaves the cluster; without {@link #finish} before it, the others count a loss. */
  @Override
  public void close() {
    try (member) {
      if (membership != null) {
        membership.close();
      }
    }
  }
}
