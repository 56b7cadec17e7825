package ffc.idgroup.cluster;

import ffc.idgroup.Contribution;
import ffc.idgroup.GlobalBatch;
import ffc.idgroup.GroupExchange;
import ffc.idgroup.IdGroup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Exchange between trainers in lock-step, each a process of its own, over a Hazelcast cluster. All
 * trainers make the same calls in the same order: {@link #exchange} first in every step, then any
 * of the others. A trainer changes its state only after the last call of a step, so that a step is
 * applied by all or can be taken over from one who applied it.
 *
 * <p>Any call may throw {@link EpochEndedException}: nothing of the step may then be applied;
 * {@link #rejoin} waits for the next epoch, after which rank, number of trainers and, through
 * {@link Replica#load}, the state may have changed. Not thread-safe.
 */
public final class HazelcastExchange implements GroupExchange {
  private static final int FLAG_JOIN = 1;
  private static final int FLAG_HASH = 2;
  private static final String KEPT_GROUP = "group";

  private final ClusterMember member;
  private final Replica replica;
  private final Membership membership;
  private Epoch epoch;
  private AllReduce allReduce;
  private long gathers;
  private long bytesSentBefore;

  /** All trainers know from this step's records that one waits to come in. */
  private boolean lastStepOfEpoch;

  private HazelcastExchange(ClusterMember member, Replica replica, Membership membership) {
    this.member = member;
    this.replica = replica;
    this.membership = membership;
  }

  /**
   * Joins the run and waits until its trainers are there.
   *
   * @param status told what is waited for, a line at a time
   * @throws IllegalArgumentException if the members there refuse this trainer
   * @throws IllegalStateException if too few trainers come in time
   */
  public static HazelcastExchange join(
      ClusterConfig config, RunIdentity run, Replica replica, Consumer<String> status) {
    ClusterMember member = ClusterMember.trainer(config, run);
    Membership membership = new Membership(member, replica, status);
    HazelcastExchange exchange = new HazelcastExchange(member, replica, membership);
    try {
      exchange.rejoin();
      return exchange;
    } catch (RuntimeException e) {
      exchange.close();
      throw e;
    }
  }

  /**
   * Waits for the next epoch, after an {@link EpochEndedException}. The replica is then at {@link
   * #startStep}, loaded from another trainer if this one was behind.
   *
   * @throws IllegalStateException if too few trainers come in time
   */
  public void rejoin() {
    if (epoch != null) {
      bytesSentBefore += epoch.bytesSent();
    }
    epoch = membership.next();
    allReduce = new AllReduce(epoch, member.config().gradients());
    gathers = 0;
    lastStepOfEpoch = false;
  }

  @Override
  public int trainers() {
    return epoch.size();
  }

  /** Place of this trainer among those present, which is its configured rank if all are. */
  @Override
  public int rank() {
    return epoch.position();
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
    int every = member.config().hashEvery();
    boolean hashed = every > 0 && step % every == 0;
    long hash = hashed ? replica.group().stateHash() : 0;
    int flags = (membership.joinPending() ? FLAG_JOIN : 0) | (hashed ? FLAG_HASH : 0);
    ByteBuffer frame = epoch.begin(Frames.GROUP, step, flags, GroupRecords.size(mine));
    GroupRecords.encode(hash, mine, frame);
    List<Epoch.Part> others = epoch.gather(Frames.GROUP, step, frame);
    List<Contribution> inRankOrder = new ArrayList<>();
    boolean differ = false;
    for (Epoch.Part part : others) {
      String what = "record of rank " + configuredRank(part.position()) + " at step " + step;
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

  private String difference(long step) {
    long[] mine = replica.group().slotHashes();
    ByteBuffer payload = ByteBuffer.allocate(8 * mine.length);
    payload.asLongBuffer().put(mine);
    List<byte[]> all = allGather(payload.array());
    LongBuffer first = ByteBuffer.wrap(all.get(0)).asLongBuffer();
    for (int i = 1; i < all.size(); i++) {
      LongBuffer other = ByteBuffer.wrap(all.get(i)).asLongBuffer();
      int slot = first.mismatch(other);
      if (slot >= 0) {
        return String.format(
            "cluster: the replicas of ranks %d and %d differ before step %d; the first slot that"
                + " differs is %d. Resume from the last checkpoint.",
            configuredRank(0), configuredRank(i), step, slot);
      }
    }
    return "cluster: the replicas differ before step "
        + step
        + " in the order of use of their slots. Resume from the last checkpoint.";
  }

  private int configuredRank(int position) {
    return epoch.plan().parts().get(position).rank();
  }

  /**
   * Sums an array over the trainers, in place: all get the same bits.
   *
   * @param values of one length on all trainers
   * @throws EpochEndedException if the membership changes; the array's content is then undefined
   */
  public void allReduceSum(float[] values) {
    allReduce.sum(values);
  }

  /**
   * Gives a few bytes and gets everyone's.
   *
   * @return the bytes of each trainer, in rank order, own ones included
   * @throws EpochEndedException if the membership changes
   */
  public List<byte[]> allGather(byte[] mine) {
    long tag = gathers++;
    ByteBuffer frame = epoch.begin(Frames.GATHER, tag, 0, mine.length).put(mine);
    List<byte[]> all = new ArrayList<>();
    for (Epoch.Part part : epoch.gather(Frames.GATHER, tag, frame)) {
      byte[] theirs = new byte[part.content().payload().remaining()];
      part.content().payload().get(theirs);
      all.add(theirs);
    }
    all.add(epoch.position(), Arrays.copyOf(mine, mine.length));
    return all;
  }

  /**
   * Keeps a copy of the group in the cluster's memory, where it outlives this process as long as
   * another member holds a backup.
   */
  public void keepGroup(long step) {
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

  /** After the last step: waits a moment until the other trainers have all they need from here. */
  public void finish() {
    membership.depart();
  }

  /** Leaves the cluster; without {@link #finish} before it, the others count a loss. */
  @Override
  public void close() {
    membership.close();
    member.close();
  }
}
