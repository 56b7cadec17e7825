package ffc.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A training in another JVM, followed by the lines that it prints. */
final class TrainingProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader lines;
  private final StringBuilder text = new StringBuilder();

  private TrainingProcess(Process process) {
    this.process = process;
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
                "-Dhazelcast.logging.type=none",
                "-cp",
                System.getProperty("java.class.path"),
                "ffc.cli.Main",
                "train",
                config.toString()));
    command.addAll(List.of(options));
    return new TrainingProcess(
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start());
  }

  /** Kills one of the trainers that this process has started. */
  void killRank(int rank) {
    ProcessHandle trainer =
        process
            .children()
            .filter(child -> commandLine(child).endsWith("--rank " + rank) || commandLine(child).contains("--rank " + rank + " "))
            .findFirst()
            .orElseThrow();
    trainer.destroyForcibly();
  }

  private static String commandLine(ProcessHandle child) {
    return String.join(" ", child.info().arguments().orElse(new String[0]));
  }

  void awaitStep(int step) throws IOException {
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      text.append(line).append('\n');
      if (line.startsWith("step " + step + "/")) {
        return;
      }
    }
    throw new AssertionError("no step " + step + " in:\n" + text);
  }

  void signal(String name) throws Exception {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
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
