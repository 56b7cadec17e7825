package ffc.core.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ffc.core.FailingCall;
import ffc.core.ffc.Ffc;
import ffc.core.ffc.FfcConfig;
import ffc.core.ffc.FfcConfigBuilder;
import ffc.core.method.Method;
import ffc.core.method.MethodContext;
import ffc.core.method.StepProfile;
import ffc.core.net.Encoder;
import ffc.core.net.ModelConfig;
import ffc.core.net.ModelConfigBuilder;
import ffc.core.net.MomentumEncoder;
import ffc.core.net.Precision;
import ffc.engine.Autograd;
import ffc.exchange.GroupExchange;
import ffc.exchange.LocalExchange;
import ffc.loaders.DataSets;
import ffc.loaders.data.Cursor;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.PairBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left of composites that could not be built, or of which a part cannot be closed. */
class ClosingTest {
  private static final FfcConfig WARM =
      FfcConfigBuilder.builder()
          .type("ffc")
          .capacity(40)
          .galleryMomentum(0.9)
          .warmFill(0.5)
          .build();

  @TempDir Path folder;

  /** Memory of the trainer built last. */
  private NDManager engine;

  private Trainer.Setup setup(FailingCall calls, Path resumeFrom) {
    Trainer.Setup s = TinyRun.setup(WARM, 1, folder, resumeFrom);
    return new Trainer.Setup(
        s.seed(),
        s.data(),
        s.model(),
        s.methodName(),
        context -> {
          engine = memory(context.probe());
          return calls.watch(Method.class, new Ffc(WARM, context));
        },
        s.optimizer(),
        s.run(),
        s.evaluate(),
        s.checkpoints(),
        s.resumeFrom(),
        s.gpu(),
        s.syncEvery());
  }

  private static NDManager memory(Encoder network) {
    return network.parameters().weightList().head().getManager();
  }

  private Trainer trainer(FailingCall calls, Dataset data, Path resumeFrom) throws IOException {
    return new Trainer(
        setup(calls, resumeFrom),
        calls.watch(Dataset.class, data),
        calls.watch(GroupExchange.class, new LocalExchange()),
        TinyRun.silent(),
        () -> false);
  }

  private int failuresOfTheStart(Dataset data, Path resumeFrom) throws Exception {
    return FailingCall.atEachPlace(
        calls -> {
          engine = null;
          trainer(calls, data, resumeFrom).close();
          assertThat(engine.isOpen()).isFalse();
        },
        calls -> {
          assertThat(engine == null || !engine.isOpen()).as("memory is given back").isTrue();
          assertThat(calls.closes(Method.class)).isLessThan(2);
          assertThat(calls.closes(Dataset.class)).as("the caller's").isZero();
        });
  }

  @Test
  void aTrainerThatFailsAnywhereWhileItIsBuiltLeavesNothingOpen() throws Exception {
    TinyRun.run(TinyRun.setup(WARM, 1, folder, null));
    try (Dataset data = DataSets.open(TinyRun.setup(WARM, 1, folder, null).data().train())) {
      assertThat(failuresOfTheStart(data, null))
          .isGreaterThan(60); // 20 filled slots of three calls
      assertThat(failuresOfTheStart(data, folder.resolve("step-00000001"))).isGreaterThan(60);
    }
  }

  @Test
  void aMethodThatCannotBeClosedIsToldAndTheRestIsClosed() throws IOException {
    FailingCall calls = FailingCall.ofClose();
    try (Dataset data = DataSets.open(TinyRun.setup(WARM, 1, folder, null).data().train())) {
      Trainer trainer = trainer(calls, data, null);
      assertThatThrownBy(trainer::close)
          .isInstanceOf(FailingCall.Injected.class)
          .hasMessageContaining("Method.close");
      assertThat(engine.isOpen()).isFalse();
      trainer.close();
      assertThat(calls.closes(Method.class)).isOne();
    }
  }

  @Test
  void aMethodThatFailsWhileItIsBuiltGivesItsMemoryBack() throws Exception {
    Trainer.Setup s = TinyRun.setup(WARM, 1, folder, null);
    Autograd.off();
    try (Dataset data = DataSets.open(s.data().train());
        NDManager manager = NDManager.newBaseManager();
        Encoder probe = Encoder.create(s.model(), manager, 1, Precision.fp32)) {
      int before = memory(probe).getManagedArrays().size();
      int failures =
          FailingCall.atEachPlace(
              calls ->
                  new Ffc(
                          WARM,
                          new MethodContext(
                              probe,
                              s.model(),
                              s.data(),
                              calls.watch(Dataset.class, data),
                              s.optimizer(),
                              s.run(),
                              s.seed(),
                              new LocalExchange(),
                              () -> 0,
                              new StepProfile()))
                      .close(),
              calls -> assertThat(memory(probe).getManagedArrays()).hasSize(before));
      assertThat(failures).isGreaterThan(60);
      assertThat(memory(probe).getManagedArrays()).hasSize(before);
    }
  }

  @Test
  void aNetworkThatCannotBeBuiltGivesItsMemoryBack() {
    ModelConfig model = TinyRun.setup(WARM, 1, folder, null).model();
    try (NDManager manager = NDManager.newBaseManager();
        Encoder other = Encoder.create(withEmbedding(model, 8), manager, 1, Precision.fp32)) {
      int before = manager.getManagedArrays().size();
      assertThatThrownBy(() -> new MomentumEncoder(other, model, WARM.following(), manager, 1));
      assertThat(manager.getManagedArrays()).hasSize(before);
    }
  }

  private static ModelConfig withEmbedding(ModelConfig m, int embedding) {
    return ModelConfigBuilder.builder(m).embedding(embedding).build();
  }

  @Test
  void buffersOfABatchComeBackThoughItsArraysCannotBeClosed() {
    boolean[] released = {false};
    ByteBuffer none = ByteBuffer.allocate(0);
    PairBatch host =
        new PairBatch(
            none,
            none,
            new long[0],
            new long[0],
            0,
            Cursor.START,
            Cursor.START,
            () -> released[0] = true);
    NDManager manager = FailingCall.ofClose().watch(NDManager.class, NDManager.newBaseManager());
    DeviceFeed.Batch batch = new DeviceFeed.Batch(host, null, manager);
    assertThatThrownBy(batch::close).isInstanceOf(FailingCall.Injected.class);
    assertThat(released[0]).isTrue();
    assertThat(manager.isOpen()).isFalse();
  }
}
