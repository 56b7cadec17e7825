package ffc.cli;

import ffc.engine.Closer;
import ffc.exchange.hazelcast.ClusterConfig;
import ffc.runs.experiment.Experiment;
import ffc.runs.experiment.Secrets;
import ffc.runs.record.RunDirectory;
import ffc.runs.record.RunTarget;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * All trainers of a run on this machine, a process each. Rank 0 has the run directory and the
 * terminal, the others a folder {@code rank-<r>} and a log in it. A trainer that is killed is
 * started again and takes its state from the others; one that fails ends the run. The run is over
 * when rank 0 has done its part: it writes the checkpoints and the report.
 */
final class LocalTrainers {
  private static final int RESTARTS = 3;

  private final Experiment experiment;
  private final Path config;
  private final List<String> set;
  private final Path out;
  private final String resume;
  private final PrintWriter say;
  private final List<Process> processes = new CopyOnWriteArrayList<>();
  private final List<Integer> ports = new ArrayList<>();

  /**
   * @param config file to read again by each trainer
   * @param set overrides typed by the user
   * @param out run directory, or null
   * @param resume what follows {@code --resume}: a path, "" for the newest run, null without it
   */
  LocalTrainers(
      Experiment experiment,
      Path config,
      List<String> set,
      Path out,
      String resume,
      PrintWriter say) {
    this.experiment = experiment;
    this.config = config;
    this.set = set;
    this.out = out;
    this.resume = resume;
    this.say = say;
  }

  /** Starts the trainers and waits for them; returns the exit code of the run. */
  int run() throws IOException {
    ClusterConfig cluster = experiment.cluster();
    Path directory = directory();
    Files.createDirectories(directory);
    choosePorts(cluster);
    FileChange built = new FileChange(directory.resolve("manifest.json"));
    FileChange begun = new FileChange(directory.resolve("steps.jsonl"));
    StopSignal stop =
        StopSignal.install(
            System.err,
            () -> begun.isSeen() ? StopSignal.STEP_IS_KEPT : nothingToKeep(),
            this::killAll);
    Runtime.getRuntime().addShutdownHook(new Thread(this::killAll));
    for (int rank = 0; rank < cluster.trainers(); rank++) {
      processes.add(start(rank, directory, false));
    }
    return supervise(directory, stop, built);
  }

  private String nothingToKeep() {
    return "stopping; no step has been made, "
        + (resume == null ? "so there is nothing to keep" : "the run stays as it was");
  }

  private Path directory() throws IOException {
    if (resume == null) {
      return out != null
          ? out
          : RunDirectory.fresh(experiment.name(), LocalDateTime.now(ZoneId.systemDefault()));
    }
    if (!resume.isEmpty()) {
      return RunTarget.runOf(Path.of(resume));
    }
    return out != null ? out : RunTarget.newestOf(experiment);
  }

  /**
   * {@code cluster.port} and those after it; others if one is taken, by another run for example.
   */
  private void choosePorts(ClusterConfig cluster) throws IOException {
    InetAddress address = InetAddress.getByName(cluster.networkInterface());
    boolean free = true;
    for (int rank = 0; rank < cluster.trainers(); rank++) {
      ports.add(cluster.port() + rank);
      free &= isFree(address, cluster.port() + rank);
    }
    if (free) {
      return;
    }
    ports.clear();
    try (Closer sockets = new Closer()) {
      for (int rank = 0; rank < cluster.trainers(); rank++) {
        ports.add(sockets.add(new ServerSocket(0, 1, address)).getLocalPort());
      }
    }
    tell("ports from " + cluster.port() + " on are taken; using " + ports);
  }

  private static boolean isFree(InetAddress address, int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(address, port), 1);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private Process start(int rank, Path directory, boolean again) throws IOException {
    Path own = rank == 0 ? directory : directory.resolve("rank-" + rank);
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (rank == 0 || !option.startsWith("-Dffc.terminal")) {
        command.add(option);
      }
    }
    command.add("-D" + StopSignal.SUPERVISED + "=true");
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of("train", config.toString()));
    for (String override : set) {
      command.addAll(List.of("--set", Secrets.redact(override)));
    }
    for (String override : overrides(rank)) {
      command.addAll(List.of("--set", override));
    }
    command.addAll(List.of("--rank", Integer.toString(rank)));
    if (rank == 0 && !again && resume != null && !resume.isEmpty()) {
      command.addAll(List.of("--resume", resume));
    } else {
      command.addAll(List.of("--out", own.toString()));
      if (again || resume != null) {
        command.add("--resume");
      }
    }
    ProcessBuilder builder = new ProcessBuilder(command);
    if (experiment.cluster().secret() != null) {
      builder.environment().put(Secrets.VARIABLE, experiment.cluster().secret());
    }
    if (rank == 0) {
      builder.redirectOutput(ProcessBuilder.Redirect.INHERIT);
      builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    } else {
      Files.createDirectories(own);
      builder.redirectErrorStream(true);
      builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log(directory, rank)));
    }
    return builder.start();
  }

  private List<String> overrides(int rank) {
    ClusterConfig cluster = experiment.cluster();
    List<String> overrides = new ArrayList<>();
    overrides.add("cluster.trainers=" + cluster.trainers());
    overrides.add("cluster.port=" + ports.get(rank));
    if (cluster.secret() != null) {
      overrides.add("cluster.secret=\"" + Secrets.REFERENCE + "\"");
    }
    if (ports.get(0) != ClusterConfig.BASE_PORT) {
      overrides.add(
          "cluster.members=["
              + String.join(
                  ", ", ports.stream().map(p -> cluster.networkInterface() + ":" + p).toList())
              + "]");
    }
    if (rank > 0 && experiment.run().metricsPort() != null) {
      overrides.add("run.metricsPort="); // the first trainer's page shows the run
    }
    int cores = Runtime.getRuntime().availableProcessors();
    if (experiment.run().threads() >= cores) {
      overrides.add("run.threads=" + Math.max(1, cores / cluster.trainers()));
    }
    return overrides;
  }

  private static File log(Path directory, int rank) {
    return directory.resolve("rank-" + rank).resolve("output.log").toFile();
  }

  /**
   * Waits for the trainers.
   *
   * @param built tells when rank 0 has built its networks and looks for the others
   */
  private int supervise(Path directory, StopSignal stop, FileChange built) throws IOException {
    int[] restarts = new int[processes.size()];
    boolean ending = false;
    while (true) {
      if (!ending && (stop.getAsBoolean() || hasStopped(processes.get(0)))) {
        if (stop.getAsBoolean() && !built.isSeen()) {
          return endBeforeTheStart(directory, stop);
        }
        askAllToStop();
        ending = true;
      }
      boolean running = false;
      for (int rank = 0; rank < processes.size(); rank++) {
        Process process = processes.get(rank);
        if (process.isAlive()) {
          running = true;
        } else if (!ending && !hasStopped(process)) {
          int code = process.exitValue();
          if (!isKilled(code) || restarts[rank] == RESTARTS) {
            return fail(directory, rank, code);
          }
          restarts[rank]++;
          tell("rank " + rank + " was killed (exit code " + code + "); starting it again");
          processes.set(rank, start(rank, directory, true));
          running = true;
        }
      }
      if (!running) {
        return ended(stop);
      }
      pause();
    }
  }

  /** Trainers that load libraries and seek each other hear a wish to stop late only. */
  private int endBeforeTheStart(Path directory, StopSignal stop) throws IOException {
    killAll();
    for (Process process : processes) {
      process.onExit().join();
    }
    if (!RunDirectory.isRun(directory)) {
      for (int rank = 1; rank < processes.size(); rank++) {
        Files.deleteIfExists(log(directory, rank).toPath());
        RunDirectory.discardUnbegun(directory.resolve("rank-" + rank));
      }
      RunDirectory.discardUnbegun(directory);
    }
    return stop.exitCode();
  }

  /** The only way by which a trainer is asked to stop: its standard input ends. */
  private void askAllToStop() {
    for (Process process : processes) {
      try {
        process.getOutputStream().close();
      } catch (IOException e) {
        // It has ended.
      }
    }
  }

  private void killAll() {
    processes.forEach(Process::destroyForcibly);
  }

  /** Whether a trainer has done its part, or has ended with a checkpoint as it was asked to. */
  private static boolean hasStopped(Process process) {
    return !process.isAlive() && (process.exitValue() == 0 || isStopCode(process.exitValue()));
  }

  private static boolean isStopCode(int code) {
    int signal = code - 128;
    return signal == StopSignal.HUP || signal == StopSignal.INT || signal == StopSignal.TERM;
  }

  private static boolean isKilled(int code) {
    return code > 128;
  }

  /** Exit code of a run whose trainers have all ended. */
  private int ended(StopSignal stop) {
    int code = processes.get(0).exitValue();
    if (isStopCode(code)) {
      return stop.getAsBoolean() ? stop.exitCode() : code;
    }
    if (isKilled(code)) {
      tell("rank 0 was killed (exit code " + code + ") while it stopped; --resume goes on");
      return Main.FAILED;
    }
    return code;
  }

  private int fail(Path directory, int rank, int code) throws IOException {
    String last = "";
    if (rank > 0) {
      List<String> lines = Files.readAllLines(log(directory, rank).toPath());
      last = lines.isEmpty() ? "" : ": " + lines.get(lines.size() - 1);
    }
    tell("rank " + rank + " ended with exit code " + code + last + "; ending the others");
    killAll();
    return isKilled(code) ? Main.FAILED : code;
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while trainers run", e);
    }
  }

  private void tell(String line) {
    say.println("cluster: " + line);
    say.flush();
  }
}
