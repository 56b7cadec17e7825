package ffc.pfc.partialfc;

import ffc.core.checkpoint.Checkpoints;
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
import ffc.eval.EvaluateConfig;
import ffc.eval.EvaluateConfigBuilder;
import ffc.eval.roc.EvalResult;
import ffc.exchange.GroupExchange;
import ffc.loaders.DataSets;
import ffc.loaders.data.AugmentConfigBuilder;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.DataConfigBuilder;
import ffc.loaders.data.Dataset;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A run of Partial FC, or of another method, on a global batch of {@value #IDS} + {@value #IDS}
 * images, batch norm frozen; keeps the loss of every step.
 */
final class ShardedRun implements RunObserver {
  static final int IDS = 12;
  static final int STEPS = 8;
  static final int CHECKPOINT_EVERY = 4;

  /** Loss by step; a step that is made again must give the same. */
  final Map<Long, Double> losses = new TreeMap<>();

  /** Where the run went back, from and to. */
  final List<String> wentBack = new ArrayList<>();

  final List<StepReport> reports = new ArrayList<>();

  /** Rank-1 rate by step; a step that is judged again must give the same. */
  final Map<Long, Double> rank1 = new TreeMap<>();

  /**
   * What runs differ in.
   *
   * @param judgedOn folder of images to judge the probe on every second step; the best checkpoint
   *     is kept then; null = none
   */
  record Settings(
      MethodContext.Factory method,
      OptimizerConfig.Type optimizer,
      int slices,
      int syncEvery,
      Path judgedOn) {
    static Settings of(MethodContext.Factory method) {
      return new Settings(method, OptimizerConfig.Type.sgd, 1, 1, null);
    }

    Settings withOptimizer(OptimizerConfig.Type other) {
      return new Settings(method, other, slices, syncEvery, judgedOn);
    }

    Settings withSlices(int count) {
      return new Settings(method, optimizer, count, syncEvery, judgedOn);
    }

    Settings withSyncEvery(int every) {
      return new Settings(method, optimizer, slices, every, judgedOn);
    }

    Settings judgedOn(Path images) {
      return new Settings(method, optimizer, slices, syncEvery, images);
    }

    private List<EvaluateConfig> evaluate() {
      return judgedOn == null
          ? List.of()
          : List.of(
              EvaluateConfigBuilder.builder()
                  .name("open")
                  .format("folder")
                  .path(judgedOn.toString())
                  .every(2)
                  .build());
    }
  }

  /** Runs one trainer to the end, and another in its place each time it is killed. */
  static ShardedRun of(
      Settings settings, int trainers, Path folder, Path resumeFrom, GroupExchangeFactory exchange)
      throws IOException {
    ShardedRun run = new ShardedRun();
    Path from = resumeFrom;
    while (true) {
      try {
        run.train(settings, trainers, folder, from, exchange.create());
        return run;
      } catch (ThreadCluster.Killed e) {
        from = new Checkpoints(folder, 1).latest().orElse(null);
      }
    }
  }

  /** Makes the exchange of a process. */
  interface GroupExchangeFactory {
    GroupExchange create();
  }

  private void train(
      Settings settings, int trainers, Path folder, Path resumeFrom, GroupExchange exchange)
      throws IOException {
    DataConfig data =
        DataConfigBuilder.builder()
            .train(new DataConfig.Source("recordio", "../data/quickstart/train.rec"))
            .idsPerBatch(IDS / trainers)
            .instancesPerBatch(IDS / trainers)
            .instancePartner(false)
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
            .freezeBatchNorm(true)
            .build();
    boolean sgd = settings.optimizer() == OptimizerConfig.Type.sgd;
    OptimizerConfig optimizer =
        OptimizerConfigBuilder.builder()
            .type(settings.optimizer())
            .learningRate(sgd ? 0.01 : 0.001)
            .momentum(0.9)
            .nesterov(sgd)
            .weightDecay(1e-4)
            .clipNorm(5.0)
            .build();
    RunConfig run =
        RunConfigBuilder.builder()
            .steps((long) STEPS)
            .reportEvery(STEPS)
            .checkpointEvery(CHECKPOINT_EVERY)
            .best(settings.judgedOn() == null ? null : "open.rank1")
            .device(RunConfig.Device.cpu)
            .threads(1)
            .accumulate(settings.slices())
            .build();
    try (Dataset dataset = DataSets.open(data.train());
        Trainer trainer =
            new Trainer(
                new Trainer.Setup(
                    11,
                    data,
                    model,
                    "partial-fc",
                    settings.method(),
                    optimizer,
                    run,
                    settings.evaluate(),
                    folder,
                    resumeFrom,
                    0,
                    settings.syncEvery()),
                dataset,
                exchange,
                this,
                () -> false)) {
      trainer.run();
    }
  }

  @Override
  public void started(long fromStep, long toStep) {}

  @Override
  public void wentBack(long fromStep, long toStep) {
    wentBack.add(fromStep + " to " + toStep);
  }

  @Override
  public void progress(long step, double loss, double imagesPerSecond) {
    Double before = losses.put(step, loss);
    if (before != null && before != loss) {
      throw new AssertionError("step " + step + " gave " + before + ", made again " + loss);
    }
  }

  @Override
  public void report(StepReport report) {
    reports.add(report);
  }

  @Override
  public void evaluated(long step, EvalResult result) {
    Double before = rank1.put(step, result.metric("rank1"));
    if (before != null && !before.equals(result.metric("rank1"))) {
      throw new AssertionError("step " + step + " had " + before + ", judged again " + result);
    }
  }

  @Override
  public void checkpoint(long step, Path folder) {}

  @Override
  public void finished(RunSummary result) {}
}
