package ffc.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ffc.engine.Collectives;
import ffc.exchange.EpochEndedException;
import ffc.exchange.EpochLink;
import ffc.exchange.GroupExchange;
import ffc.exchange.Sums;
import ffc.exchange.ThreadExchange;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Trainers as threads whose epochs are the test's. */
class TorchSumsTest {
  private static final int TRAINERS = 2;

  private final List<String> said = Collections.synchronizedList(new ArrayList<>());

  private static void needBridge() {
    if (Collectives.kind(Device.cpu()).isEmpty()) {
      System.out.println("TorchSumsTest: the natives are Maven's, which have no collectives");
      abort("no bridge");
    }
  }

  /** An epoch that lasts, unless something fails in it. */
  private class Link implements EpochLink {
    private final Sums sums;
    private final int deadlineSeconds;

    Link(Sums sums, int deadlineSeconds) {
      this.sums = sums;
      this.deadlineSeconds = deadlineSeconds;
    }

    @Override
    public Sums sums() {
      return sums;
    }

    @Override
    public String address() {
      return "127.0.0.1";
    }

    @Override
    public int rank(int place) {
      return 10 + place;
    }

    @Override
    public Duration deadline() {
      return Duration.ofSeconds(deadlineSeconds);
    }

    @Override
    public void whenEnded(Runnable action) {}

    @Override
    public boolean endsSoon() {
      return false;
    }

    @Override
    public EpochEndedException broken(String reason) {
      return new EpochEndedException(reason);
    }

    @Override
    public IllegalStateException silent() {
      return new IllegalStateException("silent");
    }

    @Override
    public void sent(long bytes) {
      said.add(bytes + " bytes");
    }

    @Override
    public void say(String line) {
      said.add(line);
    }
  }

  private interface Work {
    void of(GroupExchange exchange, TorchSums sums, NDList arrays) throws Exception;
  }

  /**
   * Runs trainers with an array of ones each.
   *
   * @param links of the epochs, in turn: the next one after each call of rejoin
   * @param told what becomes of all that trainers tell each other
   */
  private void together(List<Link> links, UnaryOperator<List<byte[]>> told, Work work)
      throws Exception {
    ThreadExchange.together(
        TRAINERS,
        false,
        threads -> {
          int[] epoch = {0};
          GroupExchange exchange =
              (GroupExchange)
                  Proxy.newProxyInstance(
                      GroupExchange.class.getClassLoader(),
                      new Class<?>[] {GroupExchange.class},
                      (proxy, method, arguments) -> {
                        switch (method.getName()) {
                          case "link":
                            return Optional.of(links.get(epoch[0]));
                          case "rejoin":
                            return ++epoch[0] < links.size();
                          case "allGather":
                            return told.apply(threads.allGather((byte[]) arguments[0]));
                          default:
                            try {
                              return method.invoke(threads, arguments);
                            } catch (InvocationTargetException e) {
                              throw e.getCause();
                            }
                        }
                      });
          try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager();
              TorchSums sums = new TorchSums(exchange)) {
            work.of(
                exchange, sums, new NDList(manager.ones(new Shape(5)), manager.ones(new Shape())));
          }
          return null;
        });
  }

  private static float total(NDList arrays) {
    return arrays.get(0).sum().getFloat() + arrays.get(1).getFloat();
  }

  @Test
  void sumsAndMeansOfAllTrainers() throws Exception {
    needBridge();
    together(
        List.of(new Link(Sums.auto, 60)),
        all -> all,
        (exchange, sums, arrays) -> {
          assertThat(sums.sum(arrays)).isTrue();
          assertThat(total(arrays)).isEqualTo(12);
          assertThat(sums.mean(arrays)).isTrue();
          assertThat(total(arrays)).isEqualTo(12);
          assertThat(sums.sum(new NDList())).isFalse();
        });
    String kind = Collectives.kind(Device.cpu()).orElseThrow();
    assertThat(said)
        .containsOnly("gradients are added up by " + kind, "24 bytes")
        .hasSize(3 * TRAINERS);
  }

  @Test
  void theClusterSumsWhereThatIsWantedOrNobodyHasTheBridge() throws Exception {
    Sums wanted = Collectives.kind(Device.cpu()).isEmpty() ? Sums.auto : Sums.cluster;
    together(
        List.of(new Link(wanted, 60)),
        all -> all,
        (exchange, sums, arrays) -> {
          assertThat(sums.sum(arrays)).isFalse();
          assertThat(total(arrays)).isEqualTo(6);
        });
    assertThat(said).isEmpty();
  }

  /** What trainers tell when the second has another PyTorch than the first, or none. */
  private static List<byte[]> differing(List<byte[]> all) {
    String first = new String(all.get(0), StandardCharsets.UTF_8);
    String other = "gloo of PyTorch 0.1" + first.substring(first.indexOf('\n'));
    return List.of(all.get(0), other.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void oneLineSaysWhoKeepsTheOthersFromPyTorch() throws Exception {
    Work work =
        (exchange, sums, arrays) -> {
          assertThat(sums.sum(arrays)).isFalse();
          assertThat(sums.sum(arrays)).isFalse();
        };
    together(List.of(new Link(Sums.auto, 60)), TorchSumsTest::differing, work);
    String here =
        Collectives.kind(Device.cpu())
            .map(kind -> " has " + kind)
            .orElse(" runs without FFC_TORCH");
    String line =
        "rank 10"
            + here
            + "; rank 11 has gloo of PyTorch 0.1; PyTorch's collectives want the same on all";
    assertThat(said)
        .containsExactly(
            "gradients are added up over the cluster: " + line,
            "gradients are added up over the cluster: " + line);
    assertThatThrownBy(
            () -> together(List.of(new Link(Sums.torch, 60)), TorchSumsTest::differing, work))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("cluster: cluster.sums is torch, but " + line);
  }

  @Test
  void aLostTrainerEndsTheEpochAndTheNextHasAGroupOfItsOwn() throws Exception {
    needBridge();
    together(
        List.of(new Link(Sums.auto, 60), new Link(Sums.auto, 60)),
        all -> all,
        (exchange, sums, arrays) -> {
          assertThat(sums.sum(arrays)).isTrue();
          if (exchange.rank() == 1) {
            sums.close();
          } else {
            assertThatThrownBy(() -> sums.sum(arrays))
                .isInstanceOf(EpochEndedException.class)
                .hasMessageStartingWith("PyTorch's collectives failed: adding up 2 arrays: ");
          }
          arrays.get(0).set(new float[5]);
          arrays.get(1).set(new float[] {4});
          exchange.rejoin();
          assertThat(sums.sum(arrays)).isTrue();
          assertThat(total(arrays)).isEqualTo(8);
        });
  }

  @Test
  void failuresAgainAndAgainWithAllTrainersThereEndTheRun() throws Exception {
    needBridge();
    Link epoch = new Link(Sums.auto, 2);
    Link next = new Link(Sums.auto, 2);
    together(
        List.of(epoch, next),
        TorchSumsTest::elsewhere,
        (exchange, sums, arrays) -> {
          if (exchange.rank() == 1) {
            assertThatThrownBy(() -> sums.sum(arrays)).isInstanceOf(EpochEndedException.class);
            exchange.rejoin();
            assertThatThrownBy(() -> sums.sum(arrays))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("cluster: though all trainers are there, PyTorch's")
                .hasMessageEndingWith("or set cluster.sums: cluster");
          } else {
            exchange.allGather(new byte[0]);
            exchange.allGather(new byte[0]);
          }
        });
  }

  /** What trainers tell when the first is at an address where nothing answers. */
  private static List<byte[]> elsewhere(List<byte[]> all) {
    byte[] second = all.get(1);
    String kind = new String(second, StandardCharsets.UTF_8).lines().findFirst().orElseThrow();
    return List.of((kind + "\nno such host\n1").getBytes(StandardCharsets.UTF_8), second);
  }

  @Test
  void aSilentTrainerIsNamedAfterTheDeadline() throws Exception {
    needBridge();
    CountDownLatch over = new CountDownLatch(1);
    together(
        List.of(new Link(Sums.auto, 1)),
        all -> all,
        (exchange, sums, arrays) -> {
          assertThat(sums.sum(arrays)).isTrue();
          if (exchange.rank() == 0) {
            try {
              assertThatThrownBy(() -> sums.sum(arrays))
                  .isInstanceOf(IllegalStateException.class)
                  .hasMessage("silent");
            } finally {
              over.countDown();
            }
          } else {
            over.await();
          }
        });
  }
}
