package ffc.exchange.hazelcast;

import ffc.exchange.EpochEndedException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A {@link SimulatedTrainer} as a process: settings as {@code key=value} arguments, "to N" on the
 * standard input says where to stop, lines on the standard output say what happens.
 *
 * <p>{@code kind=storage} makes a member that only keeps copies.
 */
final class TrainerMain {
  private TrainerMain() {}

  public static void main(String[] args) throws Exception {
    Map<String, String> settings = new TreeMap<>();
    for (String arg : args) {
      settings.put(arg.substring(0, arg.indexOf('=')), arg.substring(arg.indexOf('=') + 1));
    }
    ClusterConfig config = config(settings);
    if ("storage".equals(settings.get("kind"))) {
      ClusterMember member = ClusterMember.storage(config);
      say("STORAGE of " + member.size());
      Thread.currentThread().join();
    }
    AtomicLong last = new AtomicLong(Long.parseLong(settings.getOrDefault("steps", "1000000000")));
    Thread commands = new Thread(() -> obey(last), "commands");
    commands.setDaemon(true);
    commands.start();
    try {
      train(settings, config, last);
    } catch (IllegalArgumentException e) {
      say("REFUSED " + e.getMessage());
      System.exit(2);
    } catch (IllegalStateException e) {
      say("FAILED " + e.getMessage());
      System.exit(1);
    }
  }

  private static ClusterConfig config(Map<String, String> s) {
    return ClusterConfigBuilder.builder()
        .trainers(Integer.parseInt(s.get("trainers")))
        .rank(Integer.parseInt(s.getOrDefault("rank", "0")))
        .members(Arrays.stream(s.get("ports").split(",")).map(p -> "127.0.0.1:" + p).toList())
        .port(Integer.parseInt(s.get("port")))
        .name(s.get("name"))
        .secret(s.getOrDefault("secret", "").isEmpty() ? null : s.get("secret"))
        .onLoss(ClusterConfig.OnLoss.valueOf(s.getOrDefault("onLoss", "wait")))
        .storageMembers(Integer.valueOf(s.getOrDefault("storageMembers", "0")))
        .deadlineSeconds(Integer.parseInt(s.getOrDefault("deadlineSeconds", "60")))
        .waitSeconds(Integer.parseInt(s.getOrDefault("waitSeconds", "120")))
        .heartbeatSeconds(Integer.parseInt(s.getOrDefault("heartbeatSeconds", "5")))
        .hashEvery(Integer.parseInt(s.getOrDefault("hashEvery", "50")))
        .partitions(Integer.valueOf(s.getOrDefault("partitions", "31")))
        .build();
  }

  private static void train(Map<String, String> settings, ClusterConfig config, AtomicLong last)
      throws InterruptedException {
    int[] shape =
        Arrays.stream(settings.getOrDefault("work", "60,8,6,500,1000").split(","))
            .mapToInt(Integer::parseInt)
            .toArray();
    SimulatedTrainer trainer =
        new SimulatedTrainer(
            new SimulatedTrainer.Work(shape[0], shape[1], shape[2], shape[3], shape[4]),
            Boolean.parseBoolean(settings.getOrDefault("fresh", "true")));
    long pauseMillis = Long.parseLong(settings.getOrDefault("pauseMillis", "3"));
    RunIdentity run =
        TestCluster.run(settings.getOrDefault("config", "c1"), settings.getOrDefault("data", "d1"));
    StepTimes times = new StepTimes();
    long from = System.nanoTime();
    try (HazelcastExchange exchange =
        TestCluster.join(config, run, trainer, line -> say("STATUS " + line))) {
      say(epochLine(exchange, from));
      while (trainer.step() < last.get()) {
        try {
          long start = System.nanoTime();
          trainer.step(exchange);
          times.add(System.nanoTime() - start);
          if (trainer.step() % 20 == 0) {
            say("STEP " + trainer.step());
          }
        } catch (EpochEndedException e) {
          from = System.nanoTime();
          trainer.rejoin(exchange);
          say(epochLine(exchange, from));
        }
        if (pauseMillis > 0) {
          Thread.sleep(pauseMillis);
        }
      }
      say("TIMES step " + times.line() + "; exchange " + trainer.exchangeTimes().line());
      say("BYTES " + exchange.bytesSent());
      exchange.finish();
      say("DONE exact=" + trainer.coverageIsExact() + " " + trainer.fingerprint());
    } catch (IllegalStateException e) {
      say("STATE exact=" + trainer.coverageIsExact() + " " + trainer.fingerprint());
      throw e;
    }
  }

  private static String epochLine(HazelcastExchange exchange, long from) {
    return String.format(
        "EPOCH %d trainers %d from step %d after %d ms",
        exchange.epoch(),
        exchange.trainers(),
        exchange.startStep(),
        (System.nanoTime() - from) / 1_000_000);
  }

  private static void obey(AtomicLong last) {
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        last.set(Long.parseLong(line.substring(3)));
      }
    } catch (IOException e) {
      say("FAILED reading commands: " + e.getMessage());
    }
  }

  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
