package ffc.engine;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.time.Duration;

/**
 * Times of PyTorch's collectives through the bridge, for {@code bench/exchange_speed.py}: one
 * process of several. Arguments: members, rank, port, bytes, repeats, floats to add up, repeats.
 * The first member prints {@code port P}, which the others get as theirs; all then print {@code
 * gather ms} and {@code reduce ms} a call.
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
      time("gather", Integer.parseInt(args[4]), () -> group.allGather(bytes).close());
      NDList floats = new NDList(manager.zeros(new Shape(Integer.parseInt(args[5]))));
      time("reduce", Integer.parseInt(args[6]), () -> group.allReduce(floats, 1));
      group.allGather(bytes).close(); // all have done
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
}
