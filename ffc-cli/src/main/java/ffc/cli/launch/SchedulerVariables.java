package ffc.cli.launch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Environment variables by which a scheduler tells a process which trainer it is:
 *
 * <pre>
 * torchrun, PyTorchJob  RANK, WORLD_SIZE, MASTER_ADDR (MASTER_PORT, LOCAL_RANK)
 * srun                  SLURM_PROCID, SLURM_NTASKS, SLURM_NODELIST (SLURM_LOCALID, SLURMD_NODENAME)
 * Indexed Job, JobSet   JOB_COMPLETION_INDEX, with WORLD_SIZE and MASTER_ADDR=JOB-0.SERVICE
 * </pre>
 *
 * Those of torchrun count first, as it may run in a task of the others. One process alone is not
 * told anything by them.
 */
public final class SchedulerVariables {
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,6}");
  private static final Pattern HOST = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?");
  private static final Pattern FIRST_POD = Pattern.compile("(.+)-0(\\..+)");

  private final Map<String, String> environment;
  private final Map<String, String> read = new LinkedHashMap<>();

  private SchedulerVariables(Map<String, String> environment) {
    this.environment = environment;
  }

  /**
   * What the variables say.
   *
   * @return empty if they say nothing, or that this is the only process
   * @throws IllegalArgumentException if they say half of it, or two things; the message is one line
   */
  public static Optional<Launch> read(Map<String, String> environment) {
    return new SchedulerVariables(environment).launch();
  }

  private Optional<Launch> launch() {
    boolean torch = has("RANK") && has("WORLD_SIZE");
    String tasks = firstOf("SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", "SLURM_NPROCS");
    boolean slurm = has("SLURM_PROCID") && has(tasks);
    if (torch && slurm && !has("LOCAL_RANK") && !has("TORCHELASTIC_RUN_ID")) {
      refuseTwoAnswers(tasks);
    }
    if (torch) {
      return several("RANK", "WORLD_SIZE", this::byMaster);
    }
    if (slurm) {
      return several("SLURM_PROCID", tasks, this::bySlurm);
    }
    if (has("JOB_COMPLETION_INDEX") && has("WORLD_SIZE")) {
      return several("JOB_COMPLETION_INDEX", "WORLD_SIZE", this::byMaster);
    }
    refuseHalf("RANK", "WORLD_SIZE", 0);
    refuseHalf("WORLD_SIZE", "RANK", 2);
    refuseHalf("SLURM_PROCID", "SLURM_NTASKS", 1); // a batch script has it too, as 0
    return Optional.empty();
  }

  private interface Source {
    Launch launch(int rank, int trainers, Map<String, String> words);
  }

  private Optional<Launch> several(String rankName, String trainersName, Source source) {
    int rank = number(rankName);
    int trainers = number(trainersName);
    if (rank >= trainers) {
      throw new IllegalArgumentException(
          read(rankName) + " must be below " + read(trainersName) + ", as ranks count from 0");
    }
    return trainers == 1
        ? Optional.empty()
        : Optional.of(
            source.launch(
                rank,
                trainers,
                Map.of("cluster.rank", rankName, "cluster.trainers", trainersName)));
  }

  /** All know where the first trainer is; the pods of a job have names that follow from its. */
  private Launch byMaster(int rank, int trainers, Map<String, String> words) {
    boolean indexed =
        has("JOB_COMPLETION_INDEX")
            && environment.get("JOB_COMPLETION_INDEX").strip().equals("" + rank);
    int place = has("LOCAL_RANK") ? number("LOCAL_RANK") : indexed ? 0 : rank;
    List<String> hosts = new ArrayList<>();
    List<String> names = new ArrayList<>();
    if (has("MASTER_ADDR")) {
      String master = host("MASTER_ADDR");
      Matcher pod = FIRST_POD.matcher(master);
      if (indexed && pod.matches()) {
        for (int i = 0; i < trainers; i++) {
          hosts.add(pod.group(1) + "-" + i + pod.group(2));
        }
        // The short name is in the pod's own file of hosts, whatever the name service has yet.
        names.addAll(List.of(hosts.get(rank), pod.group(1) + "-" + rank));
      } else {
        hosts.add(master);
        names.add(master);
      }
    }
    return made(rank, trainers, hosts, names, place, has("LOCAL_RANK"), words);
  }

  private Launch bySlurm(int rank, int trainers, Map<String, String> words) {
    String list = firstOf("SLURM_STEP_NODELIST", "SLURM_NODELIST", "SLURM_JOB_NODELIST");
    List<String> hosts = List.of();
    if (has(list)) {
      try {
        hosts = NodeList.expand(read(list).substring(list.length() + 1));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(list + ": " + e.getMessage(), e);
      }
    }
    int place =
        has("SLURM_LOCALID") ? number("SLURM_LOCALID") : trainers <= hosts.size() ? 0 : rank;
    List<String> names =
        has("SLURMD_NODENAME") && !hosts.isEmpty() ? List.of(host("SLURMD_NODENAME")) : hosts;
    return made(rank, trainers, hosts, names, place, has("SLURM_LOCALID"), words);
  }

  private Launch made(
      int rank,
      int trainers,
      List<String> hosts,
      List<String> names,
      int place,
      boolean placeIsTold,
      Map<String, String> words) {
    Integer port = has("MASTER_PORT") ? Integer.valueOf(port()) : null;
    return new Launch(
        rank,
        trainers,
        List.copyOf(hosts),
        List.copyOf(names),
        place,
        placeIsTold ? place % visibleGpus() : -1,
        port,
        words,
        String.join(", ", read.values()));
  }

  /** Agents of torchrun listen at MASTER_PORT themselves. */
  private int port() {
    int port = number("MASTER_PORT");
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException(read("MASTER_PORT") + ": wanted a port from 1 to 65535");
    }
    boolean taken =
        environment.getOrDefault("TORCHELASTIC_USE_AGENT_STORE", "").equalsIgnoreCase("true");
    return taken ? port + 1 : port;
  }

  /** As many as the scheduler shows to this process; without a word from it, all. */
  private int visibleGpus() {
    String visible = environment.getOrDefault("CUDA_VISIBLE_DEVICES", "").strip();
    return visible.isEmpty() ? Integer.MAX_VALUE : visible.split(",").length;
  }

  private void refuseTwoAnswers(String tasks) {
    int trainers = number(tasks);
    if (trainers > 1 && (number("WORLD_SIZE") != trainers || number("RANK") != procId())) {
      throw new IllegalArgumentException(
          "%s, %s and %s, %s contradict each other: unset RANK WORLD_SIZE, or give --trainers and --rank"
              .formatted(read("RANK"), read("WORLD_SIZE"), read("SLURM_PROCID"), read(tasks)));
    }
    read.clear();
  }

  private int procId() {
    return number("SLURM_PROCID");
  }

  private void refuseHalf(String there, String missing, int from) {
    if (has(there) && !has(missing) && number(there) >= from) {
      throw new IllegalArgumentException(
          "%s is set, but %s is not: export it too, unset %s, or give --trainers 1 to train alone"
              .formatted(read(there), missing, there));
    }
  }

  private boolean has(String name) {
    return !environment.getOrDefault(name, "").isBlank();
  }

  private String firstOf(String... names) {
    for (String name : names) {
      if (has(name)) {
        return name;
      }
    }
    return names[0];
  }

  /** A variable as it is set, {@code NAME=value}; it is told to people from then on. */
  private String read(String name) {
    String value = environment.getOrDefault(name, "").strip().replaceAll("\\p{Cntrl}", "?");
    return read.computeIfAbsent(name, n -> n + "=" + value);
  }

  private int number(String name) {
    String text = read(name).substring(name.length() + 1);
    if (!NUMBER.matcher(text).matches()) {
      throw new IllegalArgumentException(
          read(name) + ": wanted a whole number from 0; unset it if no scheduler has set it");
    }
    return Integer.parseInt(text);
  }

  private String host(String name) {
    String text = read(name).substring(name.length() + 1);
    if (!HOST.matcher(text).matches()) {
      throw new IllegalArgumentException(
          read(name) + ": wanted the name of a host or its IPv4 address");
    }
    return text;
  }
}
