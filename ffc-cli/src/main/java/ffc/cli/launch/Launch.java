package ffc.cli.launch;

import ffc.exchange.hazelcast.ClusterConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a scheduler says of this process: that it is one trainer of several. Settings of section
 * {@code cluster} follow from it, which stand between those of the command line and those of the
 * file: docs/decisions/111.
 *
 * @param rank of this trainer, in [0, trainers)
 * @param trainers of the run, 2 or more
 * @param hosts names of machines on each of which a trainer listens at the first port; empty if no
 *     variable tells
 * @param names those by which this machine may find its own address; empty with {@code hosts}
 * @param place of this trainer among those of its machine, from 0; how far its port is from the
 *     first
 * @param gpu that the place stands for; -1 if the place is not told
 * @param firstPort of each machine; null if no variable tells
 * @param words the variables that say so, by the settings that they stand for
 * @param said the same for people: {@code RANK=1, WORLD_SIZE=4}
 */
public record Launch(
    int rank,
    int trainers,
    List<String> hosts,
    List<String> names,
    int place,
    int gpu,
    Integer firstPort,
    Map<String, String> words,
    String said) {
  private static final int LAST_PORT = 65535;

  /** What decides which trainer this is and of how many, as {@code --set} takes it. */
  public List<String> team() {
    return List.of("cluster.trainers=" + trainers, "cluster.rank=" + rank);
  }

  /**
   * The settings of this trainer, as {@code --set} takes them.
   *
   * @param typed settings of the command line, which stay
   * @param file what section {@code cluster} is without those here
   * @param gives whether the file or the command line gives {@code cluster.members}
   * @throws IllegalArgumentException if nothing tells where the trainers are
   */
  public List<String> settings(List<String> typed, ClusterConfig file, boolean gives) {
    List<String> settings = new ArrayList<>(team());
    boolean portTyped = isGiven(typed, "cluster.port");
    int first = portTyped || firstPort == null ? file.port() : firstPort;
    if (first + place > LAST_PORT) {
      throw new IllegalArgumentException(
          said + ": port " + first + " + " + place + " is above " + LAST_PORT);
    }
    settings.add("cluster.port=" + (first + place));
    if (gpu > 0 && !isGiven(typed, "cluster.devices") && file.devices().isEmpty()) {
      settings.add("cluster.devices=[" + gpu + "]");
    }
    if (hosts.isEmpty()) {
      if (!gives) {
        throw new IllegalArgumentException(
            said
                + ": nothing says where the other trainers are; export MASTER_ADDR=HOST of trainer 0"
                + ", give cluster.members, or --trainers 1 to train alone");
      }
      return settings;
    }
    boolean interfaceTyped = isGiven(typed, "cluster.interface");
    OwnAddress own = interfaceTyped ? new OwnAddress(file.networkInterface(), "") : own();
    settings.add("cluster.interface=\"" + own.text() + "\"");
    if (!isGiven(typed, "cluster.members")) {
      settings.add("cluster.members=[" + String.join(", ", members(own, first)) + "]");
    }
    return settings;
  }

  /** The name of this machine may stand for its loopback on this machine alone. */
  private List<String> members(OwnAddress own, int port) {
    return hosts.stream()
        .map(host -> "\"" + (host.equals(own.name()) ? own.text() : host) + ":" + port + "\"")
        .toList();
  }

  private OwnAddress own() {
    try {
      return OwnAddress.among(names);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(said + ": " + e.getMessage(), e);
    }
  }

  /** Whether settings of the command line say which trainer this is, or of how many. */
  public static boolean isTyped(List<String> settings) {
    return isGiven(settings, "cluster.trainers") || isGiven(settings, "cluster.rank");
  }

  private static boolean isGiven(List<String> settings, String path) {
    return settings.stream()
        .map(setting -> setting.replaceFirst("=.*", "").strip())
        .anyMatch(typed -> typed.equals(path) || typed.equals("cluster"));
  }

  /** One line on which trainer this is, who says so, and where it listens. */
  public String describe(ClusterConfig cluster) {
    return "rank %d of %d trainers, as %s say; listens at %s:%d"
        .formatted(rank, trainers, said, cluster.networkInterface(), cluster.port());
  }
}
