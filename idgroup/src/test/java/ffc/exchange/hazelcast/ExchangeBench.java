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
 * repeats. Prints {@code gather ms} and {@code reduce ms} a call.
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
      time("gather", Integer.parseInt(args[5]), () -> exchange.allGather(bytes));
      float[] floats = new float[Integer.parseInt(args[6])];
      time("reduce", Integer.parseInt(args[7]), () -> exchange.allReduceSum(floats, Wire.exact));
      exchange.finish();
    }
  }

  private static void time(String what, int repeats, Runnable call) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < repeats; i++) {
      long start = System.nanoTime();
      call.run();
      lines.append("%s %.3f%n".formatted(what, (System.nanoTime() - start) / 1e6));
    }
    System.out.print(lines);
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
