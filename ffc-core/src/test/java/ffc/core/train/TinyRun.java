package ffc.core.train;

import ffc.core.ffc.FfcConfig;
import ffc.core.ffc.FfcConfigBuilder;
import ffc.core.method.MethodContext;
import ffc.core.method.RunConfig;
import ffc.core.method.RunConfigBuilder;
import ffc.core.net.ModelConfig;
import ffc.core.net.ModelConfigBuilder;
import ffc.core.optim.OptimizerConfig;
import ffc.core.optim.OptimizerConfigBuilder;
import ffc.engine.ProcessMemory;
import ffc.eval.roc.EvalResult;
import ffc.exchange.GroupExchange;
import ffc.exchange.LocalExchange;
import ffc.loaders.DataSets;
import ffc.loaders.data.AugmentConfigBuilder;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.DataConfigBuilder;
import ffc.loaders.data.Dataset;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/**
 * A small run on the quick-start data for tests; also the main class of JVMs that tests start and
 * kill.
 */
public final class TinyRun implements RunObserver {
  final List<String> losses = new ArrayList<>();
  final List<StepReport> reports = new ArrayList<>();
  private final PrintStream out;
  private RunSummary summary;

  private TinyRun(PrintStream out) {
    this.out = out;
  }

  public static final FfcConfig FFC =
      FfcConfigBuilder.builder().type("ffc").capacity(40).galleryMomentum(0.9).build();

  /** Rows that learn. */
  public static final FfcConfig TRAINED =
      FfcConfigBuilder.builder()
          .type("ffc")
          .capacity(40)
          .galleryMomentum(0.9)
          .rows(FfcConfig.RowKind.trained)
          .build();

  public static Trainer.Setup setup(
      FfcConfig method, int steps, Path checkpoints, Path resumeFrom) {
    DataConfig data =
        DataConfigBuilder.builder()
            .train(new DataConfig.Source("recordio", "../data/quickstart/train.rec"))
            .idsPerBatch(8)
            .instancesPerBatch(8)
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
            .dropout(0.1)
            .build();
    OptimizerConfig optimizer =
        OptimizerConfigBuilder.builder()
            .learningRate(0.1)
            .momentum(0.9)
            .nesterov(true)
            .weightDecay(1e-4)
            .clipNorm(5.0)
            .build();
    RunConfig run =
        RunConfigBuilder.builder()
            .steps((long) steps)
            .reportEvery(10)
            .checkpointEvery(5)
            .device(RunConfig.Device.cpu)
            .threads(1)
            .build();
    return new Trainer.Setup(
        11,
        data,
        model,
        "ffc",
        method::create,
        optimizer,
        run,
        List.of(),
        checkpoints,
        resumeFrom,
        0,
        1);
  }

  /** Runs a setup and keeps what it reports. */
  public static TinyRun run(Trainer.Setup setup) throws IOException {
    return run(setup, new PrintStream(PrintStream.nullOutputStream()));
  }

  private static TinyRun run(Trainer.Setup setup, PrintStream out) throws IOException {
    return run(setup, new LocalExchange(), () -> false, out);
  }

  /** Runs one of several trainers. */
  public static TinyRun run(Trainer.Setup setup, GroupExchange exchange, BooleanSupplier stop)
      throws IOException {
    return run(setup, exchange, stop, new PrintStream(PrintStream.nullOutputStream()));
  }

  /** An observer that keeps what it is told to itself. */
  static TinyRun silent() {
    return new TinyRun(new PrintStream(PrintStream.nullOutputStream()));
  }

  private static TinyRun run(
      Trainer.Setup setup, GroupExchange exchange, BooleanSupplier stop, PrintStream out)
      throws IOException {
    TinyRun observer = new TinyRun(out);
    try (Dataset data = DataSets.open(setup.data().train());
        Trainer trainer = new Trainer(setup, data, exchange, observer, stop)) {
      observer.summary = trainer.run();
    }
    return observer;
  }

  RunSummary summary() {
    return summary;
  }

  /** A setup with another network. */
  static Trainer.Setup with(Trainer.Setup s, ModelConfig model) {
    return copy(s, model, run -> run, s.gpu());
  }

  /** A setup with other run settings. */
  static Trainer.Setup with(Trainer.Setup s, UnaryOperator<RunConfig> change) {
    return copy(s, s.model(), change, s.gpu());
  }

  /** A setup without dropout, which CPU and GPU draw from different generators. */
  static Trainer.Setup still(Trainer.Setup s) {
    return copy(s, ModelConfigBuilder.builder(s.model()).dropout(0.0).build(), run -> run, s.gpu());
  }

  /** A setup on another GPU, if it runs on one. */
  static Trainer.Setup onGpu(Trainer.Setup s, int gpu) {
    return copy(s, s.model(), run -> run, gpu);
  }

  /** A setup with another method. */
  static Trainer.Setup withMethod(Trainer.Setup s, MethodContext.Factory method) {
    return new Trainer.Setup(
        s.seed(),
        s.data(),
        s.model(),
        s.methodName(),
        method,
        s.optimizer(),
        s.run(),
        s.evaluate(),
        s.checkpoints(),
        s.resumeFrom(),
        s.gpu(),
        s.syncEvery());
  }

  private static Trainer.Setup copy(
      Trainer.Setup s, ModelConfig model, UnaryOperator<RunConfig> change, int gpu) {
    return new Trainer.Setup(
        s.seed(),
        s.data(),
        model,
        s.methodName(),
        s.method(),
        s.optimizer(),
        change.apply(s.run()),
        s.evaluate(),
        s.checkpoints(),
        s.resumeFrom(),
        gpu,
        s.syncEvery());
  }

  /** Arguments: steps, checkpoint folder, checkpoint to resume from or "-". */
  public static void main(String[] args) throws IOException {
    Path resume = args[2].equals("-") ? null : Path.of(args[2]);
    run(setup(FFC, Integer.parseInt(args[0]), Path.of(args[1]), resume), System.out);
  }

  @Override
  public void started(long fromStep, long toStep) {
    out.println("started " + fromStep);
  }

  @Override
  public void progress(long step, double loss, double imagesPerSecond) {
    losses.add(step + " " + loss);
    out.println("loss " + step + " " + loss);
    out.flush();
  }

  @Override
  public void report(StepReport report) {
    reports.add(report);
    out.println("rss " + report.step() + " " + ProcessMemory.anonymous());
  }

  @Override
  public void evaluated(long step, EvalResult result) {}

  @Override
  public void checkpoint(long step, Path folder) {
    out.println("checkpoint " + step + " " + folder);
  }

  @Override
  public void finished(RunSummary summary) {}
}
