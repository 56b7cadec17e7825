package ffc.exchange.hazelcast;

import ffc.exchange.GroupExchange.Wire;
import ffc.exchange.Replica;
import ffc.idgroup.FloatRows;
import ffc.idgroup.IdGroup;
import ffc.idgroup.Weighted;
import java.io.DataInput;
import java.io.DataOutput;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Times of the calls between trainers, for {@code bench/exchange_speed.py}: one process of several.
 * Arguments: trainers, rank, name, comma-separated ports, bytes, repeats, floats to add up,
 * repeats. The first trainer prints {@code gather p50 ms} and {@code reduce p50 ms}.
 */
final class ExchangeBench {
  private ExchangeBench() {}

  public static void main(String[] args) {
    int trainers = Integer.parseInt(args[0]);
    int rank = Integer.parseInt(args[1]);
    List<Integer> ports = Arrays.stream(args[3].split(",")).map(Integer::valueOf).toList();
    ClusterConfig config =
        ClusterConfigBuilder.builder()
            .trainers(trainers)
            .rank(rank)
            .members(ports.stream().map(p -> "127.0.0.1:" + p).toList())
            .port(ports.get(rank))
            .name(args[2])
            .waitSeconds(60)
            .build();
    try (HazelcastExchange exchange =
        HazelcastExchange.connect(
            config, TestCluster.run("bench", "bench"), line -> {}, () -> false)) {
      exchange.begin(new Nothing(rank == 0));
      byte[] bytes = new byte[Integer.parseInt(args[4])];
      print(rank, "gather", times(Integer.parseInt(args[5]), () -> exchange.allGather(bytes)));
      float[] floats = new float[Integer.parseInt(args[6])];
      print(
          rank,
          "reduce",
          times(Integer.parseInt(args[7]), () -> exchange.allReduceSum(floats, Wire.exact)));
      exchange.finish();
    }
  }

  /** The first fifth warms up and is left out. */
  private static double[] times(int repeats, Runnable call) {
    double[] milliseconds = new double[repeats];
    for (int i = 0; i < repeats; i++) {
      long start = System.nanoTime();
      call.run();
      milliseconds[i] = (System.nanoTime() - start) / 1e6;
    }
    double[] timed = Arrays.copyOfRange(milliseconds, repeats / 5, repeats);
    Arrays.sort(timed);
    return timed;
  }

  private static void print(int rank, String what, double[] sorted) {
    if (rank == 0 && sorted.length > 0) {
      System.out.printf(
          "%s p50 %.3f p99 %.3f%n",
          what, sorted[sorted.length / 2], sorted[(int) (0.99 * (sorted.length - 1))]);
    }
  }

  /** The state of a trainer that trains nothing. */
  private static final class Nothing implements Replica {
    private final IdGroup group = new IdGroup(4, 4, new Weighted(0.5));
    private boolean hasState;

    Nothing(boolean hasState) {
      this.hasState = hasState;
      group.commit(group.propose(new long[] {1}, new FloatRows(1, 4)));
    }

    @Override
    public long step() {
      return hasState ? 0 : -1;
    }

    @Override
    public boolean isThrough() {
      return false;
    }

    @Override
    public IdGroup group() {
      return group;
    }

    @Override
    public Map<String, Long> arrayHashes() {
      return Map.of();
    }

    @Override
    public void save(DataOutput out) {}

    @Override
    public void load(DataInput in) {
      hasState = true;
    }
  }
}
