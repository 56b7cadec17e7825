package ffc.engine;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.time.Duration;
import java.util.Arrays;

/**
 * Times of PyTorch's collectives through the bridge, for {@code bench/exchange_speed.py}: one
 * process of several. Arguments: members, rank, port, bytes, repeats, floats to add up, repeats.
 * The first member prints {@code port P}, which the others get as theirs, then {@code gather p50
 * ms} and {@code reduce p50 ms}.
 */
final class CollectivesBench {
  private static final String HOST = "127.0.0.1";

  private CollectivesBench() {}

  public static void main(String[] args) {
    int size = Integer.parseInt(args[0]);
    int rank = Integer.parseInt(args[1]);
    int port = Integer.parseInt(args[2]);
    try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager();
        Collectives group = new Collectives(Device.cpu(), Duration.ofSeconds(60))) {
      ComputeThreads.set(1);
      if (rank == 0) {
        port = group.listen(HOST);
        System.out.println("port " + port);
      }
      group.join(HOST, port, rank, size, HOST);
      NDArray bytes = manager.zeros(new Shape(Integer.parseInt(args[3])), DataType.UINT8);
      print(rank, "gather", times(Integer.parseInt(args[4]), () -> group.allGather(bytes).close()));
      NDList floats = new NDList(manager.zeros(new Shape(Integer.parseInt(args[5]))));
      print(rank, "reduce", times(Integer.parseInt(args[6]), () -> group.allReduce(floats, 1)));
      group.allGather(bytes).close(); // all have done
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
}
