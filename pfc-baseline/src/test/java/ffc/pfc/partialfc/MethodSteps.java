package ffc.pfc.partialfc;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ffc.core.loss.Losses;
import ffc.core.method.DevicePair;
import ffc.core.method.Method;
import ffc.core.method.MethodContext;
import ffc.core.method.RunConfig;
import ffc.core.method.RunConfigBuilder;
import ffc.core.method.StepProfile;
import ffc.core.net.Encoder;
import ffc.core.net.ModelConfig;
import ffc.core.net.ModelConfigBuilder;
import ffc.core.net.Precision;
import ffc.core.optim.OptimizerConfig;
import ffc.core.optim.OptimizerConfigBuilder;
import ffc.engine.Autograd;
import ffc.exchange.LocalExchange;
import ffc.loaders.DataSets;
import ffc.loaders.data.Cursor;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.DataConfigBuilder;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.data.PairBatch;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A small network and data set, and steps of a method on batches of four pairs. */
abstract class MethodSteps {
  static final int E = 4;

  static final ImageShape SHAPE = new ImageShape(1, 8, 8);

  static final ModelConfig MODEL =
      ModelConfigBuilder.builder()
          .backbone(ModelConfig.Backbone.iresnet)
          .input(List.of(1, 8, 8))
          .layers(List.of(1))
          .widths(List.of(4))
          .embedding(E)
          .build();

  static final long[] A = {3, 5, 7, 9};

  static final long[] B = {1, 2, 4, 6};

  static final long[] C = {11, 12, 14, 16};

  @TempDir Path temp;

  NDManager manager;

  Encoder probe;

  Dataset data;

  @BeforeEach
  void open() {
    Autograd.off();
    manager = NDManager.newBaseManager();
    probe = Encoder.create(MODEL, manager, 1, Precision.fp32);
    probe.parameters().requireGradients();
    data = DataSets.open(new DataConfig.Source("synthetic", "ids=40;mean=2;tail=constant;seed=1"));
  }

  @AfterEach
  void close() {
    data.close();
    probe.close();
    manager.close();
  }

  static OptimizerConfig optimizer(OptimizerConfig.Type type) {
    return OptimizerConfigBuilder.builder().type(type).learningRate(0.1).weightDecay(0.0).build();
  }

  /** Four pairs a step. */
  MethodContext context(int slices) {
    DataConfig draws =
        DataConfigBuilder.builder()
            .train(new DataConfig.Source("synthetic", "-"))
            .idsPerBatch(2)
            .instancesPerBatch(4)
            .instancePartner(true)
            .workers(1)
            .prefetch(1)
            .build();
    RunConfig run =
        RunConfigBuilder.builder()
            .steps(9L)
            .device(RunConfig.Device.cpu)
            .threads(1)
            .accumulate(slices)
            .build();
    return new MethodContext(
        probe,
        MODEL,
        draws,
        data,
        optimizer(OptimizerConfig.Type.sgd),
        run,
        7,
        new LocalExchange(),
        () -> 0,
        new StepProfile());
  }

  Losses step(Method method, int slices, long[] xIds, long[] yIds, boolean completed) {
    ByteBuffer x = ByteBuffer.allocateDirect(xIds.length * SHAPE.bytes());
    ByteBuffer y = ByteBuffer.allocateDirect(yIds.length * SHAPE.bytes());
    Random random = new Random(xIds[0]);
    for (int i = 0; i < x.capacity(); i++) {
      x.put(i, (byte) random.nextInt());
      y.put(i, (byte) random.nextInt());
    }
    PairBatch batch = new PairBatch(x, y, xIds, yIds, 2, Cursor.START, Cursor.START, () -> {});
    try (NDScope scope = new NDScope();
        NDManager step = manager.newSubManager()) {
      scope.suppressNotUsedWarning();
      Losses losses = method.accumulate(DevicePair.upload(batch, SHAPE, step, slices));
      if (completed) {
        method.update(0.1);
      }
      return losses;
    }
  }

  PartialFc partialFc(double rate, PartialFcConfig.Storage storage) {
    return new PartialFc(
        PartialFcConfigBuilder.builder()
            .sampleRate(rate)
            .storage(storage)
            .folder(storage == null ? null : temp.toString())
            .build(),
        context(1));
  }
}
