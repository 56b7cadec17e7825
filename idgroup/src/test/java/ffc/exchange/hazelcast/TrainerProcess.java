package ffc.exchange.hazelcast;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A {@link TrainerMain} that a test started and watches. */
final class TrainerProcess implements AutoCloseable {
  private static final long PATIENCE_SECONDS = Long.getLong("ffc.patience.seconds", 180);

  private final String name;
  private final Process process;
  private final List<String> lines = new ArrayList<>();
  private boolean ended;

  TrainerProcess(String name, List<String> settings) {
    this.name = name;
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx" + System.getProperty("ffc.trainer.heap", "256m"));
    command.add("-XX:+UseSerialGC");
    command.add("-cp");
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add(TrainerMain.class.getName());
    command.addAll(settings);
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread reader = new Thread(this::read, name);
    reader.setDaemon(true);
    reader.start();
  }

  private void read() {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        add(line);
      }
    } catch (IOException e) {
      add("output closed: " + e.getMessage());
    }
    synchronized (lines) {
      ended = true;
      lines.notifyAll();
    }
  }

  private void add(String line) {
    synchronized (lines) {
      lines.add(line);
      lines.notifyAll();
    }
  }

  String name() {
    return name;
  }

  /** The first line, past or to come, that fits. */
  String await(String what, Predicate<String> wanted) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    synchronized (lines) {
      int next = 0;
      while (true) {
        for (; next < lines.size(); next++) {
          if (wanted.test(lines.get(next))) {
            return lines.get(next);
          }
        }
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (ended || left <= 0) {
          throw new AssertionError(name + ": no line for " + what + " in\n" + tail());
        }
        try {
          lines.wait(left);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new AssertionError(e);
        }
      }
    }
  }

  private String tail() {
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 25), lines.size()));
  }

  String awaitPrefix(String prefix) {
    return await(prefix, line -> line.startsWith(prefix));
  }

  /** The n-th line of a kind, counted from 1. */
  String awaitNth(String prefix, int n) {
    int[] seen = new int[1];
    return await(n + " lines " + prefix, line -> line.startsWith(prefix) && ++seen[0] == n);
  }

  /** Waits until a step at or after the given one is done. */
  void awaitStep(long step) {
    await(
        "step " + step,
        line -> line.startsWith("STEP ") && Long.parseLong(line.substring(5)) >= step);
  }

  /** The last step that was reported. */
  long lastStep() {
    synchronized (lines) {
      return lines.stream()
          .filter(line -> line.startsWith("STEP "))
          .mapToLong(line -> Long.parseLong(line.substring(5)))
          .max()
          .orElse(0);
    }
  }

  /** Lines of a kind so far. */
  List<String> all(String prefix) {
    synchronized (lines) {
      return lines.stream().filter(line -> line.startsWith(prefix)).toList();
    }
  }

  void stopAt(long step) {
    try {
      process.getOutputStream().write(("to " + step + "\n").getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int exitCode() {
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError(name + " does not end");
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** SIGKILL. */
  void kill() {
    process.destroyForcibly();
    exitCode();
  }

  /** Sends a signal by name, for example STOP. */
  void signal(String signal) {
    try {
      new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
