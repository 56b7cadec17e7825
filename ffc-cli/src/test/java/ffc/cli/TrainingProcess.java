package ffc.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A training in another JVM, followed by the lines that it prints. */
final class TrainingProcess implements AutoCloseable {
  static final int HUP = 1;
  private static final int INT = 2;
  private final Process process;
  private final BufferedReader lines;
  private final StringBuilder text = new StringBuilder();

  private TrainingProcess(Process process) {
    this.process = process;
    // The tests' own time limits do not interrupt reading.
    process
        .onExit()
        .orTimeout(8, TimeUnit.MINUTES)
        .whenComplete(
            (ended, late) -> {
              if (late != null) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
              }
            });
    lines = process.inputReader(StandardCharsets.UTF_8);
  }

  /**
   * Starts {@code ffc train}.
   *
   * @param folder working directory
   */
  static TrainingProcess start(Path folder, Path config, String... options) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1", // a process of a minute gains nothing from more
                "-Dhazelcast.logging.type=none",
                "-cp",
                System.getProperty("java.class.path"),
                "ffc.cli.Main",
                "train",
                config.toString()));
    command.addAll(List.of(options));
    command.add(0, "setsid"); // a process group of its own, for signals to all of it
    return new TrainingProcess(
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start());
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Kills one of the trainers that this process has started. */
  void killRank(int rank) throws Exception {
    signalRank("KILL", rank);
  }

  /** Sends a signal to one of the trainers that this process has started. */
  void signalRank(String name, int rank) throws Exception {
    ProcessHandle trainer =
        process
            .children()
            .filter(child -> commandLine(child).contains("\0--rank\0" + rank + "\0"))
            .findFirst()
            .orElseThrow();
    new ProcessBuilder("kill", "-" + name, Long.toString(trainer.pid())).start().waitFor();
  }

  /** ProcessHandle cuts long command lines. */
  private static String commandLine(ProcessHandle child) {
    try {
      return Files.readString(Path.of("/proc/" + child.pid() + "/cmdline"));
    } catch (IOException e) {
      return ""; // it has ended
    }
  }

  /** Sockets of the internet families that the process has open, by inode. */
  List<String> internetSockets() throws IOException {
    List<String> inodes = new ArrayList<>();
    for (String table : List.of("tcp", "tcp6", "udp", "udp6")) {
      Path file = Path.of("/proc", Long.toString(process.pid()), "net", table);
      if (Files.exists(file)) {
        Files.readAllLines(file).stream()
            .skip(1)
            .forEach(line -> inodes.add(line.strip().split("\\s+")[9]));
      }
    }
    List<String> open = new ArrayList<>();
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + process.pid() + "/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        String target;
        try {
          target = Files.readSymbolicLink(descriptor).toString();
        } catch (NoSuchFileException e) {
          continue; // closed since the folder was listed
        }
        if (target.startsWith("socket:[")
            && inodes.contains(target.substring(8, target.length() - 1))) {
          open.add(target);
        }
      }
    }
    return open;
  }

  void awaitStep(int step) throws IOException {
    awaitLine("step " + step + "/");
  }

  void awaitLine(String start) throws IOException {
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      text.append(line).append('\n');
      if (line.startsWith(start)) {
        return;
      }
    }
    throw new AssertionError("no line " + start + " in:\n" + text);
  }

  /** Sends a signal to the process and to all that it has started. */
  void signalAll(String name) throws Exception {
    new ProcessBuilder("kill", "-" + name, "--", "-" + process.pid()).start().waitFor();
  }

  /** The trainers that this process has started. */
  List<ProcessHandle> trainers() {
    return process.children().toList();
  }

  void signal(String name) throws Exception {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  /**
   * Sends what Ctrl-C sends, or SIGTERM where a shell that runs tests in the background has had
   * interrupts ignored; returns the exit code that follows.
   */
  int interrupt() throws Exception {
    boolean ignored = isIgnored(INT);
    signal(ignored ? "TERM" : "INT");
    return ignored ? 143 : 130;
  }

  /** Sends it twice at once, as {@code timeout} does. */
  int interruptTwice() throws Exception {
    boolean ignored = isIgnored(INT);
    String kill = "kill -" + (ignored ? "TERM" : "INT") + " " + process.pid();
    new ProcessBuilder("sh", "-c", kill + "; " + kill).start().waitFor();
    return ignored ? 143 : 130;
  }

  /** Whether processes that this one starts will ignore a signal, as under nohup. */
  static boolean isIgnored(int signal) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("SigIgn:")) {
        return (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 1L << (signal - 1)) != 0;
      }
    }
    return false;
  }

  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  int finish() throws IOException, InterruptedException {
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      text.append(line).append('\n');
    }
    return process.waitFor();
  }

  String text() {
    return text.toString();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
