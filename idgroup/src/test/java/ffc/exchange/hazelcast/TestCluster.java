package ffc.exchange.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;

import ffc.exchange.Replica;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Settings for members on this machine at ports that were free, and threads to run them. */
final class TestCluster implements AutoCloseable {
  private final List<Integer> ports = new ArrayList<>();
  private final int trainers;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  ClusterConfig.OnLoss onLoss = ClusterConfig.OnLoss.wait;
  String secret;
  int deadlineSeconds = 30;
  int waitSeconds = 60;
  int hashEvery = 5;
  Integer partitions;
  ClusterConfig.WirePrecision gradients;

  TestCluster(int trainers, int spare) {
    this.trainers = trainers;
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < trainers + spare; i++) {
        ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        sockets.add(socket);
        ports.add(socket.getLocalPort());
      }
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<Integer> ports() {
    return ports;
  }

  /** Settings of a rank that listens on the given one of the ports. */
  ClusterConfig config(int rank, int port) {
    return ClusterConfigBuilder.builder()
        .trainers(trainers)
        .rank(rank)
        .members(ports.stream().map(p -> "127.0.0.1:" + p).toList())
        .port(ports.get(port))
        .name("test-" + ports.get(0))
        .secret(secret)
        .onLoss(onLoss)
        .deadlineSeconds(deadlineSeconds)
        .waitSeconds(waitSeconds)
        .heartbeatSeconds(5)
        .hashEvery(hashEvery)
        .gradients(gradients)
        .partitions(partitions)
        .build();
  }

  /** What the trainers of a test agree on. */
  static RunIdentity run(String config, String data) {
    return new RunIdentity(new TreeMap<>(Map.of("config", config, "data", data)));
  }

  HazelcastExchange join(int rank, Replica replica) {
    return join(config(rank, rank), replica, line -> {});
  }

  static HazelcastExchange join(ClusterConfig config, Replica replica, Consumer<String> status) {
    return join(config, run("c1", "d1"), replica, status);
  }

  static HazelcastExchange join(
      ClusterConfig config, RunIdentity run, Replica replica, Consumer<String> status) {
    HazelcastExchange exchange = HazelcastExchange.connect(config, run, status, () -> false);
    try {
      exchange.begin(replica);
      return exchange;
    } catch (RuntimeException e) {
      exchange.close();
      throw e;
    }
  }

  <T> Future<T> run(Callable<T> task) {
    return threads.submit(task);
  }

  /** Interrupts what still runs; whatever does not end would disturb the tests that follow. */
  @Override
  public void close() {
    threads.shutdownNow();
    try {
      if (!threads.awaitTermination(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException("a trainer of this test still runs after 60 s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What a trainer has come to, which has seen every image as often as it ought to. */
  static String fingerprint(Future<SimulatedTrainer> trainer) throws Exception {
    SimulatedTrainer t = trainer.get(90, TimeUnit.SECONDS);
    assertThat(t.coverageIsExact()).isTrue();
    return t.fingerprint();
  }

  /** Trains to a step and leaves: orderly at the last step, as if killed before it. */
  SimulatedTrainer train(int rank, int port, long until, long last) {
    SimulatedTrainer trainer = new SimulatedTrainer(SimulatedTrainer.Work.SMALL, true);
    try (HazelcastExchange exchange = join(config(rank, port), trainer, line -> {})) {
      trainer.runTo(exchange, until, step -> {});
      if (until == last) {
        exchange.finish();
      }
    }
    return trainer;
  }
}
