package ffc.pfc;

import ffc.core.method.MethodContext;
import ffc.core.method.RunConfig;
import ffc.core.method.RunConfigBuilder;
import ffc.core.net.ModelConfig;
import ffc.core.net.ModelConfigBuilder;
import ffc.core.optim.OptimizerConfig;
import ffc.core.optim.OptimizerConfigBuilder;
import ffc.core.train.RunObserver;
import ffc.core.train.RunSummary;
import ffc.core.train.StepReport;
import ffc.core.train.Trainer;
import ffc.eval.roc.EvalResult;
import ffc.exchange.LocalExchange;
import ffc.loaders.DataSets;
import ffc.loaders.data.AugmentConfigBuilder;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.DataConfigBuilder;
import ffc.loaders.data.Dataset;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A small run of a method on the quick-start data; keeps the losses as they print. */
public final class MethodRun implements RunObserver {
  public final List<Double> losses = new ArrayList<>();
  public final List<StepReport> reports = new ArrayList<>();
  public RunSummary summary;

  public static MethodRun of(
      MethodContext.Factory method,
      OptimizerConfig.Type optimizer,
      int steps,
      int slices,
      Path checkpoints,
      Path resumeFrom)
      throws IOException {
    return of(method, optimizer, steps, slices, checkpoints, resumeFrom, List.of(), null, null);
  }

  /**
   * As the other.
   *
   * @param freeze parts of the network
   * @param freezeUntil step, or null
   * @param ema decay of an average, or null
   */
  public static MethodRun of(
      MethodContext.Factory method,
      OptimizerConfig.Type optimizer,
      int steps,
      int slices,
      Path checkpoints,
      Path resumeFrom,
      List<String> freeze,
      Long freezeUntil,
      Double ema)
      throws IOException {
    DataConfig data =
        DataConfigBuilder.builder()
            .train(new DataConfig.Source("recordio", "../data/quickstart/train.rec"))
            .idsPerBatch(16)
            .instancesPerBatch(16)
            .instancePartner(true)
            .augment(AugmentConfigBuilder.builder().flip(true).shift(2).build())
            .build();
    ModelConfig model =
        ModelConfigBuilder.builder()
            .backbone(ModelConfig.Backbone.iresnet)
            .input(List.of(1, 32, 32))
            .layers(List.of(1, 1))
            .widths(List.of(4, 8))
            .embedding(16)
            .dropout(0.0)
            .freeze(freeze)
            .freezeUntil(freezeUntil)
            .build();
    double rate = optimizer == OptimizerConfig.Type.sgd ? 0.1 : 0.003;
    OptimizerConfig optimizerConfig =
        OptimizerConfigBuilder.builder()
            .type(optimizer)
            .learningRate(rate)
            .momentum(0.9)
            .nesterov(true)
            .weightDecay(1e-4)
            .clipNorm(5.0)
            .build();
    RunConfig run =
        RunConfigBuilder.builder()
            .steps((long) steps)
            .reportEvery(5)
            .checkpointEvery(5)
            .device(RunConfig.Device.cpu)
            .threads(2)
            .accumulate(slices)
            .ema(ema)
            .build();
    MethodRun observer = new MethodRun();
    try (Dataset dataset = DataSets.open(data.train());
        Trainer trainer =
            new Trainer(
                new Trainer.Setup(
                    11,
                    data,
                    model,
                    "test",
                    method,
                    optimizerConfig,
                    run,
                    List.of(),
                    checkpoints,
                    resumeFrom,
                    0,
                    1),
                dataset,
                new LocalExchange(),
                observer,
                () -> false)) {
      observer.summary = trainer.run();
    }
    return observer;
  }

  @Override
  public void started(long fromStep, long toStep) {}

  @Override
  public void progress(long step, double loss, double imagesPerSecond) {
    losses.add(loss);
  }

  @Override
  public void report(StepReport report) {
    reports.add(report);
  }

  @Override
  public void evaluated(long step, EvalResult result) {}

  @Override
  public void checkpoint(long step, Path folder) {}

  @Override
  public void finished(RunSummary result) {}
}
