package ffc.exchange.hazelcast;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import ffc.exchange.Sums;
import io.soabase.recordbuilder.core.RecordBuilder;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.PositiveOrZero;
import java.util.ArrayList;
import java.util.List;

/** Section {@code cluster}: the trainers of a run and the network between them. */
@RecordBuilder
public record ClusterConfig(
    @Positive @JsonPropertyDescription("Trainers of the run (default 1)") Integer trainers,
    @PositiveOrZero @JsonPropertyDescription("Rank of this trainer, in [0, trainers) (default 0)")
        Integer rank,
    @JsonPropertyDescription(
            "GPUs of this machine, by number: trainer r takes the one at place r modulo their number"
                + " (default: the first); cluster.trainers is then their number by default")
        List<@PositiveOrZero Integer> devices,
    @JsonPropertyDescription(
            "Addresses where members may be found, host or host:port; default: the interface at the"
                + " ports from the first trainer's on, one a trainer and two more for storage members")
        List<String> members,
    @Min(1)
        @Max(65535)
        @JsonPropertyDescription("Port this member listens on (default 5701 + rank)")
        Integer port,
    @JsonProperty("interface")
        @JsonPropertyDescription("Address this member binds and no other (default 127.0.0.1)")
        String networkInterface,
    @JsonPropertyDescription("Name that all members share (default ffc)") String name,
    @JsonPropertyDescription(
            "Shared secret: every record is signed with it and members without it are refused"
                + " (default none). It does not encrypt.")
        String secret,
    @Min(0)
        @Max(6)
        @JsonPropertyDescription(
            "Copies on other members of what the cluster keeps: plans and reports (default 1)")
        Integer backups,
    @JsonPropertyDescription(
            "When a trainer is lost: wait (default) for a replacement or shrink to those left")
        OnLoss onLoss,
    @Positive
        @JsonPropertyDescription(
            "shrink: trainers and storage members with a vote that must be there for the run to go"
                + " on (default: more than half of them)")
        Integer quorum,
    @PositiveOrZero
        @JsonPropertyDescription(
            "Storage members (ffc member) of the run, each with a vote for the quorum (default 0);"
                + " more of them have none")
        Integer storageMembers,
    @Positive
        @JsonPropertyDescription(
            "Seconds a step waits for a trainer that is there but silent (default 120)")
        Integer deadlineSeconds,
    @Positive
        @JsonPropertyDescription(
            "Seconds to wait for all trainers at the start or for a replacement (default 3600)")
        Integer waitSeconds,
    @Positive
        @JsonPropertyDescription(
            "Seconds without a heartbeat after which a member counts as lost (default 15)")
        Integer heartbeatSeconds,
    @PositiveOrZero
        @JsonPropertyDescription(
            "Steps between comparisons of the replicas' state hashes; 0 = never (default 500)")
        Integer hashEvery,
    @JsonPropertyDescription("Gradients on the wire: fp32 (default) or bf16")
        WirePrecision gradients,
    @JsonPropertyDescription(
            "What adds up the networks' gradients: cluster, torch (PyTorch's collectives, with"
                + " FFC_TORCH) or auto (default): torch where all trainers run with FFC_TORCH,"
                + " without secret and with gradients fp32")
        Sums sums,
    @JsonPropertyDescription("How the trainers' networks are kept together") SyncConfig sync,
    @Positive
        @JsonPropertyDescription("Partitions of the cluster, equal on all members (default 31)")
        Integer partitions) {
  /** First port by default. */
  public static final int BASE_PORT = 5701;

  private static final int DEFAULT_STORAGE_PORTS = 2;

  /** What the others do when a trainer is lost. */
  public enum OnLoss {
    wait,
    shrink
  }

  /** Settings of local SGD. */
  @RecordBuilder
  public record SyncConfig(
      @Positive
          @JsonPropertyDescription(
              "1 = add up gradients in every step (default); H > 1 = each trainer takes H steps of"
                  + " its own, then networks and momenta are averaged: for slow networks")
          Integer every) {
    /** Fills in the default. */
    public SyncConfig {
      every = every == null ? 1 : every;
    }
  }

  /** Form of gradients between trainers; they are summed in single precision either way. */
  public enum WirePrecision {
    fp32,
    bf16
  }

  /** Fills in the defaults. */
  public ClusterConfig {
    devices = devices == null ? List.of() : List.copyOf(devices);
    trainers = trainers == null ? Math.max(1, devices.size()) : trainers;
    rank = rank == null ? 0 : rank;
    networkInterface = networkInterface == null ? "127.0.0.1" : networkInterface;
    port = port == null ? BASE_PORT + rank : port;
    storageMembers = storageMembers == null ? 0 : storageMembers;
    members =
        members == null
            ? defaultMembers(
                networkInterface,
                port - rank,
                trainers + Math.max(DEFAULT_STORAGE_PORTS, storageMembers))
            : List.copyOf(members);
    name = name == null ? "ffc" : name;
    backups = backups == null ? 1 : backups;
    onLoss = onLoss == null ? OnLoss.wait : onLoss;
    quorum = quorum == null ? (trainers + storageMembers) / 2 + 1 : quorum;
    deadlineSeconds = deadlineSeconds == null ? 120 : deadlineSeconds;
    waitSeconds = waitSeconds == null ? 3600 : waitSeconds;
    heartbeatSeconds = heartbeatSeconds == null ? 15 : heartbeatSeconds;
    hashEvery = hashEvery == null ? 500 : hashEvery;
    gradients = gradients == null ? WirePrecision.fp32 : gradients;
    sums = sums == null ? Sums.auto : sums;
    sync = sync == null ? ClusterConfigSyncConfigBuilder.builder().build() : sync;
    partitions = partitions == null ? 31 : partitions;
  }

  /**
   * A cluster on this machine with the defaults.
   *
   * @param rank of this trainer
   */
  public static ClusterConfig local(int trainers, int rank) {
    return ClusterConfigBuilder.builder().trainers(trainers).rank(rank).build();
  }

  /** Number of the GPU that this trainer computes on, if it computes on one. */
  public int device() {
    return devices.isEmpty() ? 0 : devices.get(rank % devices.size());
  }

  /** The same with another port. */
  public ClusterConfig withPort(int port) {
    return ClusterConfigBuilder.builder(this).port(port).build();
  }

  /** Port of a storage member by default: the one after the last trainer's. */
  public int storagePort() {
    return port - rank + trainers;
  }

  private static List<String> defaultMembers(String host, int firstPort, int count) {
    List<String> addresses = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      addresses.add(host + ":" + (firstPort + i));
    }
    return List.copyOf(addresses);
  }

  /**
   * Checks what single settings cannot say.
   *
   * @throws IllegalArgumentException if the rank is not one of the trainers'
   */
  public void check() {
    if (rank >= trainers) {
      throw new IllegalArgumentException(
          "cluster.rank (" + rank + ") must be below cluster.trainers (" + trainers + ")");
    }
  }
}
