package ffc.pfc;

import ffc.core.method.MethodContext;
import ffc.core.method.RunConfig;
import ffc.core.net.ModelConfig;
import ffc.core.optim.OptimizerConfig;
import ffc.core.train.RunObserver;
import ffc.core.train.RunSummary;
import ffc.core.train.StepReport;
import ffc.core.train.Trainer;
import ffc.eval.roc.EvalResult;
import ffc.exchange.LocalExchange;
import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
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
    DataConfig data =
        new DataConfig(
            new DataConfig.Source(DataConfig.Format.recordio, "../data/quickstart/train.rec"),
            16,
            16,
            true,
            null,
            new DataConfig.Augment(true, 2),
            null,
            null,
            null,
            null,
            null,
            null);
    ModelConfig model =
        new ModelConfig(
            ModelConfig.Backbone.iresnet,
            List.of(1, 32, 32),
            List.of(1, 1),
            List.of(4, 8),
            16,
            0.0,
            null,
            null);
    double rate = optimizer == OptimizerConfig.Type.sgd ? 0.1 : 0.003;
    OptimizerConfig optimizerConfig =
        new OptimizerConfig(optimizer, rate, 0.9, true, 1e-4, null, null, null, 5.0);
    RunConfig run =
        new RunConfig(
            (long) steps,
            null,
            5,
            5,
            null,
            null,
            RunConfig.Device.cpu,
            null,
            2,
            slices,
            null,
            null,
            null);
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
