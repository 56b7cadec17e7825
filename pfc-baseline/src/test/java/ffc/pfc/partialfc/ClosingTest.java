package ffc.pfc.partialfc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ffc.core.FailingCall;
import ffc.core.method.MethodContext;
import ffc.core.method.RunConfig;
import ffc.core.method.RunConfigBuilder;
import ffc.core.method.StepProfile;
import ffc.core.net.Encoder;
import ffc.core.net.ModelConfig;
import ffc.core.net.ModelConfigBuilder;
import ffc.core.net.Precision;
import ffc.core.optim.OptimizerConfigBuilder;
import ffc.engine.Autograd;
import ffc.exchange.GroupExchange;
import ffc.exchange.LocalExchange;
import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.DataConfigBuilder;
import ffc.loaders.data.Dataset;
import ffc.pfc.dcq.DynamicClassQueue;
import ffc.pfc.dcq.DynamicClassQueueConfigBuilder;
import ffc.pfc.virtualfc.VirtualFc;
import ffc.pfc.virtualfc.VirtualFcConfigBuilder;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is left of methods that could not be built. */
class ClosingTest {
  private NDManager manager;
  private Encoder probe;
  private Dataset data;

  @BeforeEach
  void open() {
    Autograd.off();
    manager = NDManager.newBaseManager();
    probe = Encoder.create(model(), manager, 1, Precision.fp32);
    data = DataSets.open(new DataConfig.Source("synthetic", "ids=40;mean=2;tail=constant;seed=1"));
  }

  @AfterEach
  void close() {
    data.close();
    manager.close();
  }

  private static ModelConfig model() {
    return ModelConfigBuilder.builder()
        .backbone(ModelConfig.Backbone.iresnet)
        .input(List.of(1, 8, 8))
        .layers(List.of(1))
        .widths(List.of(4))
        .embedding(4)
        .build();
  }

  private static RunConfig twoThreads() {
    return RunConfigBuilder.builder().steps(9L).device(RunConfig.Device.cpu).threads(2).build();
  }

  /**
   * @param run read last by methods without classes
   */
  private MethodContext context(RunConfig run, Dataset dataset, GroupExchange exchange) {
    DataConfig draws =
        DataConfigBuilder.builder()
            .train(new DataConfig.Source("synthetic", "-"))
            .idsPerBatch(2)
            .instancesPerBatch(4)
            .instancePartner(true)
            .workers(1)
            .prefetch(1)
            .build();
    return new MethodContext(
        probe,
        model(),
        draws,
        dataset,
        OptimizerConfigBuilder.builder().learningRate(0.1).weightDecay(0.0).build(),
        run,
        7,
        exchange,
        () -> 0,
        new StepProfile());
  }

  private static Set<Thread> rowThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("class-rows"))
        .collect(Collectors.toSet());
  }

  @Test
  void partialFcThatFailsAnywhereWhileItIsBuiltLeavesNoThread() throws Exception {
    Set<Thread> others = rowThreads();
    PartialFcConfig config = PartialFcConfigBuilder.builder().build();
    int failures =
        FailingCall.atEachPlace(
            calls ->
                new PartialFc(
                        config,
                        context(
                            twoThreads(),
                            calls.watch(Dataset.class, data),
                            calls.watch(GroupExchange.class, new LocalExchange())))
                    .close(),
            calls -> {
              Set<Thread> left = rowThreads();
              left.removeAll(others);
              for (Thread thread : left) {
                thread.join(10_000); // it has been told to end
                assertThat(thread.isAlive()).as("a thread is left").isFalse();
              }
            });
    assertThat(failures).as("places, before and after the threads").isGreaterThan(3);
  }

  @Test
  void methodsWithoutClassesThatCannotBeBuiltGiveTheirMemoryBack() {
    int before = manager.getManagedArrays().size();
    MethodContext withoutRun = context(null, data, new LocalExchange());
    assertThatThrownBy(
            () ->
                new DynamicClassQueue(
                    DynamicClassQueueConfigBuilder.builder().capacity(12).build(), withoutRun))
        .isInstanceOf(NullPointerException.class);
    assertThatThrownBy(
            () -> new VirtualFc(VirtualFcConfigBuilder.builder().columns(20).build(), withoutRun))
        .isInstanceOf(NullPointerException.class);
    assertThat(manager.getManagedArrays()).hasSize(before);
  }
}
