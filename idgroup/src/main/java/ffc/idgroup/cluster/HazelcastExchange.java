package ffc.idgroup.cluster;

import ffc.idgroup.Contribution;
import ffc.idgroup.EpochEndedException;
import ffc.idgroup.GlobalBatch;
import ffc.idgroup.GroupExchange;
import ffc.idgroup.IdGroup;
import ffc.idgroup.Replica;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Exchange between trainers in lock-step, each a process of its own, over a Hazelcast cluster:
 * records go straight from member to member and are applied in rank order.
 */
public final class HazelcastExchange implements GroupExchange {
  private static final int FLAG_JOIN = 1;
  private static final int FLAG_HASH = 2;
  private static final String KEPT_GROUP = "group";

  private final ClusterMember member;
  private final Consumer<String> status;
  private final BooleanSupplier stop;
  private Replica replica;
  private Membership membership;
  private Epoch epoch;
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
   * @param stop asked while trainers are waited for: true makes {@link #begin} and {@link #rejoin}
   *     throw a {@link CancellationException}
   * @throws IllegalArgumentException if the members there refuse this trainer
   */
  public static HazelcastExchange connect(
      ClusterConfig config, RunIdentity run, Consumer<String> status, BooleanSupplier stop) {
    return new HazelcastExchange(ClusterMember.trainer(config, run), status, stop);
  }

  @Override
  public void begin(Replica replica) {
    this.replica = replica;
    membership = new Membership(member, replica, status, stop);
    rejoin();
    tellOfKeptGroup();
  }

  /** What the cluster has kept is the checkpoint's, or the checkpoint counts. */
  private void tellOfKeptGroup() {
    membership
        .snapshots()
        .find(KEPT_GROUP)
        .ifPresent(
            kept ->
                status.accept(
                    keptGroup(replica.step(), replica.group().stateHash()).isPresent()
                        ? "the cluster kept the group of step " + kept.step() + ", the same as here"
                        : "the cluster kept the group of step "
                            + kept.step()
                            + "; the state here, of step "
                            + replica.step()
                            + ", counts"));
  }

  @Override
  public void rejoin() {
    if (epoch != null) {
      bytesSentBefore += epoch.bytesSent();
    }
    epoch = membership.next();
    allReduce = new AllReduce(epoch);
    gathers = 0;
    lastStepOfEpoch = false;
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

  /**
   * {@inheritDoc}
   *
   * @throws EpochEndedException if the membership changes; the step must be started over
   * @throws IllegalArgumentException if a record is damaged, not signed, or does not fit
   * @throws IllegalStateException if a trainer is silent beyond the deadline, or the replicas
   *     differ
   */
  @Override
  public GlobalBatch exchange(long step, Contribution mine) {
    if (lastStepOfEpoch) {
      epoch.end("a trainer comes in");
      throw new EpochEndedException("a trainer comes in after step " + step);
    }
    epoch.atStep(step);
    int every = member.config().hashEvery();
    boolean hashed = every > 0 && step % every == 0;
    long hash = hashed ? stateHash() : 0;
    int flags = (membership.joinPending() ? FLAG_JOIN : 0) | (hashed ? FLAG_HASH : 0);
    ByteBuffer frame = epoch.begin(Frames.GROUP, step, flags, GroupRecords.size(mine));
    GroupRecords.encode(hash, mine, frame);
    List<Epoch.Part> others =
        epoch.gather(Frames.GROUP, step, frame, member.config().deadlineSeconds());
    List<Contribution> inRankOrder = new ArrayList<>();
    boolean differ = false;
    for (Epoch.Part part : others) {
      String what = "record of rank " + epoch.rank(part.position()) + " at step " + step;
      flags |= part.content().flags();
      GroupRecords.Decoded theirs = GroupRecords.decode(part.content().payload(), mine, what);
      differ |= hashed && theirs.stateHash() != hash;
      inRankOrder.add(theirs.contribution());
    }
    inRankOrder.add(epoch.position(), mine);
    // A differing pair shows to both, but a third trainer may agree with one: all must compare.
    if (hashed && anyone(differ)) {
      String difference = difference(step);
      membership.depart(); // whoever left first would take away what the others still read
      throw new IllegalStateException(difference);
    }
    lastStepOfEpoch = (flags & FLAG_JOIN) != 0;
    return GlobalBatch.of(inRankOrder);
  }

  private boolean anyone(boolean mine) {
    return allGather(new byte[] {(byte) (mine ? 1 : 0)}).stream().anyMatch(b -> b[0] != 0);
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
    return gather(mine, Integer.MAX_VALUE);
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
  public Map<String, Double> statistics() {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("trainers", (double) trainers());
    figures.put("cluster_epoch", (double) epoch());
    figures.put("bytes_sent", (double) (bytesSent() - bytesReported));
    bytesReported = bytesSent();
    return figures;
  }

  /** {@inheritDoc} It lies in the memory of the storage members, if there are any. */
  @Override
  public void keepGroup(long step) {
    if (member.storageMembers() == 0) {
      return; // the trainers are each other's copies, and a lone one would keep it in vain
    }
    IdGroup group = replica.group();
    try {
      membership.snapshots().store(KEPT_GROUP, step, group.stateHash(), group::save);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The kept group, if it is of exactly this step and state: the checkpoint is authoritative. */
  public Optional<IdGroup> keptGroup(long step, long stateHash) {
    Optional<Snapshots.Header> header =
        membership
            .snapshots()
            .find(KEPT_GROUP)
            .filter(h -> h.step() == step && h.hash() == stateHash);
    if (header.isEmpty()) {
      return Optional.empty();
    }
    IdGroup[] loaded = new IdGroup[1];
    try {
      membership.snapshots().load(KEPT_GROUP, header.get(), in -> loaded[0] = IdGroup.load(in));
    } catch (EpochEndedException e) {
      return Optional.empty(); // a part of it was lost with a member
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Optional.of(loaded[0]);
  }

  @Override
  public void finish() {
    membership.depart();
  }

  /** Leaves the cluster; without {@link #finish} before it, the others count a loss. */
  @Override
  public void close() {
    if (membership != null) {
      membership.close();
    }
    member.close();
  }
}
