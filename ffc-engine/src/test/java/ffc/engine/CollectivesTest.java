package ffc.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** Members as threads of this process, each with a group of its own. */
class CollectivesTest {
  private static final String HOST = "127.0.0.1";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private interface Work<T> {
    T of(Collectives group, int rank) throws Exception;
  }

  private static void needBridge() {
    if (Collectives.kind(Device.cpu()).isEmpty()) {
      System.out.println("CollectivesTest: the natives are Maven's, which have no collectives");
      abort("no bridge");
    }
  }

  /** What each member's work comes to, by rank. */
  private static <T> List<CompletableFuture<T>> together(int size, Duration limit, Work<T> work) {
    CompletableFuture<Integer> port = new CompletableFuture<>();
    List<CompletableFuture<T>> results = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      int rank = i;
      CompletableFuture<T> result = new CompletableFuture<>();
      results.add(result);
      Thread thread =
          new Thread(
              () -> {
                try (Collectives group = new Collectives(Device.cpu(), limit)) {
                  if (rank == 0) {
                    port.complete(group.listen(HOST));
                  }
                  group.join(HOST, port.get(), rank, size, HOST);
                  result.complete(work.of(group, rank));
                } catch (Throwable e) {
                  result.completeExceptionally(e);
                }
              });
      thread.setDaemon(true);
      thread.start();
    }
    return results;
  }

  /** Small and large, one beyond what travels at once, one with its elements in another order. */
  private static NDList arrays(NDManager manager, Random random) {
    NDList arrays = new NDList();
    for (Shape shape :
        List.of(new Shape(3), new Shape(1), new Shape(2_500_000), new Shape(7, 11), new Shape())) {
      float[] values = new float[(int) shape.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      NDArray array = manager.create(values, shape);
      arrays.add(shape.dimension() == 2 ? array.transpose() : array);
    }
    return arrays;
  }

  @Test
  void sumsAndMeansHaveTheSameBitsForAll() throws Exception {
    needBridge();
    long seed = new Random().nextLong();
    System.out.println("CollectivesTest seed " + seed);
    for (int size : new int[] {2, 3}) {
      List<CompletableFuture<List<float[]>>> sums =
          together(
              size,
              PATIENCE,
              (group, rank) -> {
                try (NDManager manager = Engine.getInstance().newBaseManager()) {
                  NDList arrays = arrays(manager, new Random(seed + rank));
                  group.allReduce(arrays, 1);
                  group.allReduce(arrays, size); // the mean of equal ones is what they are
                  return arrays.stream().map(NDArray::toFloatArray).toList();
                }
              });
      try (NDManager manager = Engine.getInstance().newBaseManager()) {
        NDList wanted = arrays(manager, new Random(seed));
        for (int rank = 1; rank < size; rank++) {
          NDList more = arrays(manager, new Random(seed + rank));
          for (int i = 0; i < wanted.size(); i++) {
            wanted.get(i).addi(more.get(i));
          }
        }
        for (int i = 0; i < wanted.size(); i++) {
          float[] first = sums.get(0).get().get(i);
          NDArray got = manager.create(first, wanted.get(i).getShape());
          assertThat(got.sub(wanted.get(i)).abs().max().getFloat()).isLessThan(1e-5f);
          for (CompletableFuture<List<float[]>> other : sums) {
            assertThat(Arrays.equals(other.get().get(i), first)).isTrue();
          }
        }
      }
    }
  }

  @Test
  void gathersInOrderOfRank() throws Exception {
    needBridge();
    List<CompletableFuture<float[]>> all =
        together(
            3,
            PATIENCE,
            (group, rank) -> {
              try (NDManager manager = Engine.getInstance().newBaseManager()) {
                NDArray gathered = group.allGather(manager.create(new float[] {rank, -1 - rank}));
                assertThat(gathered.getShape()).isEqualTo(new Shape(3, 2));
                return gathered.toFloatArray();
              }
            });
    for (CompletableFuture<float[]> one : all) {
      assertThat(one.get()).containsExactly(0, -1, 1, -2, 2, -3);
    }
  }

  @Test
  void whenOneLeavesTheCallsOfTheOthersEnd() {
    needBridge();
    List<CompletableFuture<Void>> all =
        together(
            3,
            PATIENCE,
            (group, rank) -> {
              try (NDManager manager = Engine.getInstance().newBaseManager()) {
                NDList arrays = new NDList(manager.ones(new Shape(3_000_000)));
                group.allReduce(arrays, 1);
                if (rank != 1) {
                  group.allReduce(arrays, 1);
                }
                return null;
              }
            });
    for (int rank : new int[] {0, 2}) {
      assertThatThrownBy(all.get(rank)::get)
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(EngineException.class)
          .hasMessageContaining("adding up 1 arrays: ");
    }
  }

  @Test
  void whenOneIsKilledTheCallsOfTheOthersEnd() throws Exception {
    needBridge();
    try (NDManager manager = Engine.getInstance().newBaseManager();
        Collectives group = new Collectives(Device.cpu(), PATIENCE)) {
      NDList arrays = new NDList(manager.zeros(new Shape(3_000_000)));
      int port = group.listen(HOST);
      String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
      String classes = System.getProperty("java.class.path");
      // adds up as long as it lives
      String[] member = {"2", "1", "" + port, "0", "0", "" + arrays.head().size(), "1000000"};
      List<String> command =
          new ArrayList<>(
              List.of(java, "-Xmx64m", "-cp", classes, CollectivesBench.class.getName()));
      command.addAll(List.of(member));
      Process other = new ProcessBuilder(command).inheritIO().start();
      try {
        group.join(HOST, port, 0, 2, HOST);
        group.allReduce(arrays, 1);
        other.destroyForcibly();
        assertThatThrownBy(
                () -> {
                  while (true) {
                    group.allReduce(arrays, 1);
                  }
                })
            .isInstanceOf(EngineException.class)
            .hasMessageStartingWith("adding up 1 arrays: ");
      } finally {
        other.destroyForcibly();
      }
    }
  }

  @Test
  void anAbortEndsACallAndLaterOnesAtOnce() throws Exception {
    needBridge();
    CountDownLatch waits = new CountDownLatch(1);
    CountDownLatch over = new CountDownLatch(1);
    CompletableFuture<Collectives> first = new CompletableFuture<>();
    List<CompletableFuture<Void>> all =
        together(
            2,
            Duration.ofHours(1),
            (group, rank) -> {
              if (rank == 1) {
                over.await();
                return null;
              }
              first.complete(group);
              try (NDManager manager = Engine.getInstance().newBaseManager()) {
                NDList arrays = new NDList(manager.ones(new Shape(2, 3)));
                waits.countDown();
                assertThatThrownBy(() -> group.allReduce(arrays, 1))
                    .isInstanceOf(EngineException.class)
                    .hasMessage("adding up 1 arrays: a trainer was lost");
                assertThat(arrays.get(0).sum().getFloat()).isEqualTo(6);
                assertThatThrownBy(() -> group.allGather(arrays.get(0)))
                    .hasMessage("gathering arrays: a trainer was lost");
              }
              return null;
            });
    waits.await();
    first.get().abort("a trainer was lost");
    all.get(0).get();
    over.countDown();
    all.get(1).get();
  }

  @Test
  void aSilentMemberEndsTheOthersAfterTheLimitOfTime() throws Exception {
    needBridge();
    CountDownLatch over = new CountDownLatch(1);
    List<CompletableFuture<Void>> all =
        together(
            2,
            Duration.ofSeconds(1),
            (group, rank) -> {
              try (NDManager manager = Engine.getInstance().newBaseManager()) {
                if (rank == 0) {
                  group.allReduce(new NDList(manager.ones(new Shape(5))), 1);
                } else {
                  over.await();
                }
                return null;
              }
            });
    assertThatThrownBy(all.get(0)::get).hasMessageContaining("Timed out waiting 1000ms");
    over.countDown();
    all.get(1).get();
  }

  @Test
  void amongTooFewJoiningEndsByTheLimitOfTimeOrAnAbort() throws Exception {
    needBridge();
    try (Collectives alone = new Collectives(Device.cpu(), Duration.ofSeconds(1))) {
      int port = alone.listen(HOST);
      assertThatThrownBy(() -> alone.join(HOST, port, 0, 2, HOST))
          .isInstanceOf(EngineException.class)
          .hasMessageStartingWith("joining the other 1: ");
    }
    try (Collectives alone = new Collectives(Device.cpu(), Duration.ofHours(1))) {
      int port = alone.listen(HOST);
      var thread = Executors.newSingleThreadExecutor();
      thread.execute(() -> alone.abort("no reason"));
      assertThatThrownBy(() -> alone.join(HOST, port, 0, 2, HOST))
          .hasMessage("joining the other 1: no reason");
      thread.shutdown();
    }
  }

  @Test
  void withoutTheBridgeThereAreNone() {
    if (System.getenv("PYTORCH_LIBRARY_PATH") == null) {
      assertThat(Collectives.kind(Device.cpu())).isEmpty();
      assertThatThrownBy(() -> new Collectives(Device.cpu(), PATIENCE))
          .isInstanceOf(EngineException.class)
          .hasMessageContaining("FFC_TORCH");
    } else {
      assertThat(Collectives.kind(Device.cpu()).orElseThrow())
          .isEqualTo("gloo of PyTorch " + System.getenv("PYTORCH_VERSION"));
    }
  }
}
