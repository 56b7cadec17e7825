package ffc.exchange.hazelcast;

import com.hazelcast.cluster.Address;
import com.hazelcast.cluster.Member;
import com.hazelcast.config.Config;
import com.hazelcast.config.InMemoryFormat;
import com.hazelcast.config.JavaSerializationFilterConfig;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.instance.impl.HazelcastInstanceProxy;
import com.hazelcast.map.IMap;
import com.hazelcast.spi.impl.operationservice.OperationService;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * This process as a member of the cluster: Hazelcast with every setting that keeps it silent,
 * offline and bound to one interface. A storage member is nothing but this.
 */
public final class ClusterMember implements AutoCloseable {
  private final HazelcastInstance hazelcast;
  private final ClusterConfig config;
  private final MemberCard card;
  private final Frames frames;
  private final Mailbox mailbox;
  private final OperationService operations;

  private ClusterMember(
      HazelcastInstance hazelcast,
      ClusterConfig config,
      MemberCard card,
      Frames frames,
      Mailbox mailbox) {
    this.hazelcast = hazelcast;
    this.config = config;
    this.card = card;
    this.frames = frames;
    this.mailbox = mailbox;
    operations =
        ((HazelcastInstanceProxy) hazelcast)
            .getOriginal()
            .node
            .getNodeEngine()
            .getOperationService();
  }

  /**
   * Starts a member that trains nothing and holds what the cluster keeps until closed.
   *
   * @throws IllegalArgumentException if the members there refuse this one, or the port is taken
   */
  public static ClusterMember storage(ClusterConfig config) {
    Frames frames = new Frames(config.secret());
    return start(config, MemberCard.storage(UUID.randomUUID().toString(), frames), frames);
  }

  static ClusterMember trainer(ClusterConfig config, RunIdentity run) {
    config.check();
    Frames frames = new Frames(config.secret());
    String incarnation = UUID.randomUUID().toString();
    return start(
        config,
        MemberCard.trainer(config.rank(), config.trainers(), run, incarnation, frames),
        frames);
  }

  private static ClusterMember start(ClusterConfig config, MemberCard card, Frames frames) {
    // Hazelcast logs before it reads its configuration.
    if (System.getProperty("hazelcast.logging.type") == null) {
      System.setProperty("hazelcast.logging.type", "none");
    }
    String where = config.networkInterface() + ":" + config.port();
    Mailbox mailbox = new Mailbox();
    HazelcastInstance hazelcast;
    try {
      hazelcast = Hazelcast.newHazelcastInstance(settings(config, card, mailbox));
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(
          "cluster: the member at "
              + where
              + " did not start: the port is taken, the interface is not this machine's, or the"
              + " members there have other cluster.partitions ("
              + e.getMessage()
              + ")",
          e);
    }
    try {
      ClusterMember member = new ClusterMember(hazelcast, config, card, frames, mailbox);
      member.refuseConflicts();
      return member;
    } catch (Throwable e) {
      hazelcast.getLifecycleService().terminate();
      throw e;
    }
  }

  private static Config settings(ClusterConfig config, MemberCard card, Mailbox mailbox) {
    Config settings = new Config(); // reads no file, unlike Config.load
    settings.setInstanceName(null);
    settings.setClusterName(config.name());
    settings
        .setProperty("hazelcast.logging.type", System.getProperty("hazelcast.logging.type"))
        .setProperty("hazelcast.phone.home.enabled", "false")
        .setProperty("hazelcast.shutdownhook.enabled", "false")
        .setProperty("hazelcast.socket.bind.any", "false")
        .setProperty("hazelcast.socket.server.bind.any", "false")
        .setProperty("hazelcast.socket.client.bind.any", "false")
        .setProperty("hazelcast.socket.receive.buffer.size", "1024")
        .setProperty("hazelcast.socket.send.buffer.size", "1024")
        .setProperty("hazelcast.socket.buffer.direct", "true")
        .setProperty("hazelcast.partition.count", config.partitions().toString())
        .setProperty("hazelcast.heartbeat.interval.seconds", "1")
        .setProperty("hazelcast.max.no.heartbeat.seconds", config.heartbeatSeconds().toString())
        .setProperty("hazelcast.wait.seconds.before.join", "0")
        // Members started at one moment each found a cluster of their own: merge them at once.
        .setProperty("hazelcast.merge.first.run.delay.seconds", "1")
        .setProperty("hazelcast.merge.next.run.delay.seconds", "1");
    NetworkConfig network = settings.getNetworkConfig();
    network.setPort(config.port()).setPortAutoIncrement(false);
    network.getInterfaces().setEnabled(true).addInterface(config.networkInterface());
    JoinConfig join = network.getJoin();
    join.getMulticastConfig().setEnabled(false);
    join.getAutoDetectionConfig().setEnabled(false);
    join.getTcpIpConfig().setEnabled(true).setMembers(new MemberAddresses(config).known());
    settings
        .getSerializationConfig()
        .setJavaSerializationFilterConfig(new JavaSerializationFilterConfig());
    settings
        .getSerializationConfig()
        .addDataSerializableFactory(Delivery.FACTORY, Delivery.DELIVERIES);
    settings.setUserContext(new ConcurrentHashMap<>(Map.of(Mailbox.class.getName(), mailbox)));
    settings.getIntegrityCheckerConfig().setEnabled(false);
    card.writeTo(settings.getMemberAttributeConfig());
    settings
        .getMapConfig("*")
        .setInMemoryFormat(InMemoryFormat.BINARY)
        .setBackupCount(config.backups());
    return settings;
  }

  /**
   * Refuses this member if it cannot work with those that were there before it. Strangers count for
   * nothing; but if nobody there knows our secret, it is we who have the wrong one.
   *
   * @throws IllegalArgumentException that says in what this member does not fit
   */
  void refuseConflicts() {
    lookForMembers();
    String unproved = null;
    boolean proved = false;
    for (Member other : hazelcast.getCluster().getMembers()) {
      if (other.localMember()) {
        break; // those after us are younger: they refuse themselves
      }
      MemberCard theirs = MemberCard.of(other);
      if (theirs == null) {
        continue;
      }
      if (!theirs.isProved(frames)) {
        unproved = address(other);
        continue;
      }
      proved = true;
      String conflict = card.difference(theirs);
      if (conflict.isEmpty() && card.isTrainer() && card.rank() == theirs.rank()) {
        conflict = "it has cluster.rank " + card.rank() + " too";
      }
      if (!conflict.isEmpty()) {
        throw doesNotFit(address(other), conflict);
      }
    }
    if (unproved != null && !proved) {
      throw doesNotFit(unproved, "cluster.secret differs");
    }
  }

  private static IllegalArgumentException doesNotFit(String address, String conflict) {
    return new IllegalArgumentException(
        "cluster: the member at " + address + " does not fit: " + conflict);
  }

  /** Names may have come to be known, or stand for another machine than before. */
  private void lookForMembers() {
    hazelcast
        .getConfig()
        .getNetworkConfig()
        .getJoin()
        .getTcpIpConfig()
        .setMembers(new MemberAddresses(config).known());
  }

  private static String address(Member member) {
    return member.getAddress().getHost() + ":" + member.getAddress().getPort();
  }

  /** Trainers that fit, the longest-standing first; of two with one rank the older counts. */
  List<MemberCard> trainers() {
    List<MemberCard> cards = new ArrayList<>();
    for (Member member : hazelcast.getCluster().getMembers()) {
      MemberCard theirs = MemberCard.of(member);
      if (theirs != null
          && theirs.isTrainer()
          && theirs.isProved(frames)
          && card.difference(theirs).isEmpty()
          && cards.stream().noneMatch(c -> c.rank() == theirs.rank())) {
        cards.add(theirs);
      }
    }
    return cards;
  }

  /** What keeps members that are there from taking part, one text each. */
  List<String> misfits() {
    List<String> texts = new ArrayList<>();
    for (Member member : hazelcast.getCluster().getMembers()) {
      MemberCard theirs = MemberCard.of(member);
      String why =
          theirs == null
              ? "it is no member of this program"
              : theirs.isProved(frames) ? card.difference(theirs) : "cluster.secret differs";
      if (!why.isEmpty()) {
        String who = theirs == null || !theirs.isTrainer() ? "the member" : "rank " + theirs.rank();
        texts.add(who + " at " + address(member) + " does not fit: " + why);
      }
    }
    return texts;
  }

  /** Storage members that fit. */
  int storageMembers() {
    int count = 0;
    for (Member member : hazelcast.getCluster().getMembers()) {
      MemberCard theirs = MemberCard.of(member);
      if (theirs != null && !theirs.isTrainer() && theirs.isProved(frames)) {
        count++;
      }
    }
    return count;
  }

  /** Members of all kinds, this one included. */
  public int size() {
    return hazelcast.getCluster().getMembers().size();
  }

  /** Whether the member still runs. */
  public boolean isRunning() {
    return hazelcast.getLifecycleService().isRunning();
  }

  /** Where the trainer of an incarnation is, or null if it is not in the cluster. */
  Address addressOf(String incarnation) {
    for (Member other : hazelcast.getCluster().getMembers()) {
      MemberCard theirs = MemberCard.of(other);
      if (theirs != null && incarnation.equals(theirs.incarnation()) && theirs.isProved(frames)) {
        return other.getAddress();
      }
    }
    return null;
  }

  /**
   * Puts a record into another member's mailbox.
   *
   * @param epoch number of the membership epoch
   * @return done when it lies there
   */
  CompletableFuture<Void> send(Address to, long epoch, byte[] frame) {
    return operations.createInvocationBuilder(null, new Delivery(epoch, frame), to).<Void>invoke();
  }

  /** Records that have come for this member. */
  Mailbox mailbox() {
    return mailbox;
  }

  /** A map of the cluster; anybody may have put anything into it. */
  <K> IMap<K, Object> map(String name) {
    return hazelcast.getMap(name);
  }

  HazelcastInstance hazelcast() {
    return hazelcast;
  }

  ClusterConfig config() {
    return config;
  }

  MemberCard card() {
    return card;
  }

  Frames frames() {
    return frames;
  }

  /** Leaves at once; the others hold copies of what matters. */
  @Override
  public void close() {
    hazelcast.getLifecycleService().terminate();
  }
}
