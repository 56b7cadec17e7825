package ffc.core.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ffc.core.train.TinyRun;
import ffc.core.train.Trainer;
import ffc.exchange.GroupExchange;
import ffc.exchange.ThreadExchange;
import ffc.formats.HostTensor;
import ffc.formats.Safetensors;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trainers that follow their own gradients between averagings (local SGD). */
class LocalStepsTest {
  /** Of {@link TinyRun#FFC}. */
  private static final double GALLERY_MOMENTUM = 0.9;

  @TempDir Path folder;

  /**
   * Batch norm as by default, so that its running statistics go apart too. The last averaging of
   * the run is the one after its last step.
   */
  @Test
  void localStepsEndInTheMeanOfTheReplicas() throws Exception {
    float[][] own = new float[2][];
    ThreadExchange.together(
        2,
        true,
        exchange ->
            TinyRun.run(
                setup(exchange.rank()),
                noting(exchange, values -> own[exchange.rank()] = values),
                () -> false));

    assertThat(own[0]).hasSameSizeAs(own[1]).isNotEqualTo(own[1]);
    Path last = folder.resolve("rank0/step-00000012");
    Map<String, HostTensor> probe = arrays(last, "probe");
    Map<String, HostTensor> gallery = arrays(last, "gallery");
    Map<String, HostTensor> momenta = arrays(last, "optimizer");
    List<HostTensor> order = new ArrayList<>();
    probe.forEach((name, array) -> add(order, array, !momenta.containsKey(name)));
    gallery.forEach((name, array) -> add(order, array, !momenta.containsKey(name)));
    probe.forEach((name, array) -> add(order, array, momenta.containsKey(name)));
    order.addAll(momenta.values());
    int at = 0;
    for (HostTensor array : order) {
      for (float value : array.toFloats()) {
        double mean = ((double) own[0][at] + own[1][at]) / 2;
        assertThat((double) value).isCloseTo(mean, within(1e-6 * (1e-3 + Math.abs(mean))));
        at++;
      }
    }
    // The gallery's weights come last; they then follow the averaged probe.
    for (Map.Entry<String, HostTensor> weight : gallery.entrySet()) {
      if (momenta.containsKey(weight.getKey())) {
        float[] followed = weight.getValue().toFloats();
        float[] leader = probe.get(weight.getKey()).toFloats();
        for (int i = 0; i < followed.length; i++, at++) {
          double mean = ((double) own[0][at] + own[1][at]) / 2;
          double wanted = GALLERY_MOMENTUM * mean + (1 - GALLERY_MOMENTUM) * leader[i];
          assertThat((double) followed[i]).isCloseTo(wanted, within(1e-5));
        }
      }
    }
    assertThat(at).isEqualTo(own[0].length);
  }

  private static void add(List<HostTensor> order, HostTensor array, boolean wanted) {
    if (wanted) {
      order.add(array);
    }
  }

  /** Arrays of a checkpoint in the order of the network. */
  private Map<String, HostTensor> arrays(Path checkpoint, String name) throws IOException {
    Map<String, HostTensor> stored =
        Safetensors.read(checkpoint.resolve(name + ".safetensors")).tensors();
    Map<String, HostTensor> ordered = new LinkedHashMap<>();
    try (NDManager manager = NDManager.newBaseManager();
        Encoder network = Encoder.create(setup(0).model(), manager, 0, Precision.fp32)) {
      for (String array : network.parameters().all().keySet()) {
        if (stored.containsKey(array)) {
          ordered.put(array, stored.get(array));
        }
      }
    }
    return ordered;
  }

  /** Batch norm learns; the networks are averaged after every third step. */
  private Trainer.Setup setup(int rank) {
    Trainer.Setup s = TinyRun.setup(TinyRun.FFC, 12, folder.resolve("rank" + rank), null);
    ModelConfig model =
        ModelConfigBuilder.builder()
            .backbone(ModelConfig.Backbone.iresnet)
            .input(s.model().input())
            .layers(s.model().layers())
            .widths(s.model().widths())
            .embedding(s.model().embedding())
            .build();
    return new Trainer.Setup(
        s.seed(),
        s.data(),
        model,
        s.methodName(),
        s.method(),
        s.optimizer(),
        s.run(),
        List.of(),
        s.checkpoints(),
        null,
        0,
        3);
  }

  /** An exchange that shows what a trainer gives to each sum. */
  private static GroupExchange noting(GroupExchange exchange, Consumer<float[]> given) {
    InvocationHandler noting =
        (proxy, method, arguments) -> {
          if (method.getName().equals("allReduceSum")) {
            given.accept(((float[]) arguments[0]).clone());
          }
          try {
            return method.invoke(exchange, arguments);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        };
    return (GroupExchange)
        Proxy.newProxyInstance(
            GroupExchange.class.getClassLoader(), new Class<?>[] {GroupExchange.class}, noting);
  }
}
