package ffc.exchange.hazelcast;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A long run of three trainer processes and a storage member with random kills and replacements;
 * prints what it saw and fails if the trainers differ at the end. Run by {@code bench/soak.sh}.
 */
final class Soak {
  private final long steps;
  private final Random random;
  private final TestCluster cluster = new TestCluster(3, 2);
  private final List<Integer> freePorts = new ArrayList<>(List.of(4));
  private final TrainerProcess[] trainers = new TrainerProcess[3];
  private final int[] ports = {0, 1, 2};

  private Soak(long steps, long seed) {
    this.steps = steps;
    random = new Random(seed);
  }

  /**
   * Runs the soak: steps, seed, seconds between kills on average.
   *
   * @throws InterruptedException if interrupted
   */
  public static void main(String[] args) throws InterruptedException {
    long steps = Long.parseLong(args[0]);
    long seed = Long.parseLong(args[1]);
    System.out.printf("soak of %d steps, seed %d, 30000 x 512, 128 rows a side%n", steps, seed);
    new Soak(steps, seed).run(Integer.parseInt(args[2]));
  }

  private TrainerProcess start(String kind, int rank, int port, boolean fresh) {
    String all = cluster.ports().stream().map(String::valueOf).collect(Collectors.joining(","));
    return new TrainerProcess(
        kind + " " + rank,
        List.of(
            "kind=" + kind,
            "trainers=3",
            "rank=" + rank,
            "port=" + cluster.ports().get(port),
            "ports=" + all,
            "name=soak-" + cluster.ports().get(0),
            "onLoss=shrink",
            "work=30000,512,128,400000,1000",
            "pauseMillis=0",
            "hashEvery=500",
            "fresh=" + fresh,
            "steps=" + steps));
  }

  private void run(int seconds) throws InterruptedException {
    TrainerProcess storage = start("storage", 0, 3, true);
    storage.awaitPrefix("STORAGE");
    for (int rank = 0; rank < 3; rank++) {
      trainers[rank] = start("trainer", rank, rank, true);
    }
    for (TrainerProcess trainer : trainers) {
      trainer.awaitPrefix("EPOCH");
    }
    long started = System.nanoTime();
    int kills = 0;
    while (true) {
      TimeUnit.SECONDS.sleep(1 + random.nextInt(2 * seconds));
      if (step() > steps - steps / 10) {
        break;
      }
      killAndReplace(random.nextInt(3), ++kills);
    }
    String first = trainers[0].awaitPrefix("DONE");
    for (TrainerProcess trainer : trainers) {
      System.out.println(trainer.name() + ": " + trainer.awaitPrefix("TIMES"));
      System.out.println(trainer.name() + ": " + trainer.awaitPrefix("BYTES"));
      System.out.println(trainer.name() + ": " + trainer.awaitPrefix("DONE"));
    }
    System.out.printf(
        "%d kills in %d s%n", kills, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - started));
    boolean same = true;
    for (TrainerProcess trainer : trainers) {
      same &= trainer.awaitPrefix("DONE").equals(first) && trainer.exitCode() == 0;
    }
    storage.close();
    cluster.close();
    System.out.println(same && first.contains("exact=true") ? "IDENTICAL" : "THEY DIFFER");
    System.exit(same && first.contains("exact=true") ? 0 : 1);
  }

  private long step() {
    long step = 0;
    for (TrainerProcess trainer : trainers) {
      step = Math.max(step, trainer.lastStep());
    }
    return step;
  }

  private void killAndReplace(int rank, int kill) {
    int survivor = (rank + 1) % 3;
    int epochs = trainers[survivor].all("EPOCH").size();
    trainers[rank].kill();
    String after = trainers[survivor].awaitNth("EPOCH", epochs + 1);
    int port = freePorts.remove(0);
    freePorts.add(ports[rank]);
    ports[rank] = port;
    trainers[rank] = start("trainer", rank, port, false);
    String joined = trainers[rank].awaitPrefix("EPOCH");
    System.out.printf("kill %d of rank %d: %s; replacement: %s%n", kill, rank, after, joined);
  }
}
