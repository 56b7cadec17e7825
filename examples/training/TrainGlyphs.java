package example;

import ffc.core.ffc.FfcConfigBuilder;
import ffc.core.method.RunConfigBuilder;
import ffc.core.net.ModelConfig;
import ffc.core.net.ModelConfigBuilder;
import ffc.core.optim.OptimizerConfigBuilder;
import ffc.core.train.RunObserver;
import ffc.core.train.StepReport;
import ffc.eval.EvaluateConfig;
import ffc.eval.EvaluateConfigBuilder;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.DataConfigBuilder;
import ffc.runs.experiment.Experiment;
import ffc.runs.experiment.ExperimentBuilder;
import ffc.runs.train.Training;
import ffc.runs.train.TrainingResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Trains on the quick start's glyphs, stops half-way, goes on, and tells what came of it. */
public final class TrainGlyphs {
  /** Argument: a folder for the run. */
  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    Training first = Training.of(experiment()).directory(folder);
    first.observe(new Watcher(first::stop)).run();
    Training rest = Training.of(experiment()).resume(folder).lines(System.out::println);
    TrainingResult result = rest.observe(new Watcher(() -> {})).run();
    result.summary().eval().forEach((set, figures) -> System.out.println(set + " " + figures.tarAtFar()));
  }

  /** What is left out has the default that {@code ./ffc config schema} names. */
  private static Experiment experiment() {
    return ExperimentBuilder.builder().name("glyphs")
        .data(DataConfigBuilder.builder().idsPerBatch(16).instancesPerBatch(16)
            .train(new DataConfig.Source("recordio", "data/quickstart/train.rec")).build())
        .model(ModelConfigBuilder.builder().backbone(ModelConfig.Backbone.iresnet).input(List.of(1, 32, 32))
            .layers(List.of(1, 1, 1)).widths(List.of(8, 16, 32)).embedding(64).build())
        .method(FfcConfigBuilder.builder().capacity(400).galleryMomentum(0.9).build())
        .optimizer(OptimizerConfigBuilder.builder().learningRate(0.05).clipNorm(5.0).build())
        .run(RunConfigBuilder.builder().steps(40L).reportEvery(10).threads(1).build())
        .evaluate(List.of(EvaluateConfigBuilder.builder().name("open").format("recordio")
            .path("data/quickstart/open.rec").build()))
        .build();
  }

  /** Prints every report, and does something half-way. */
  private record Watcher(Runnable halfWay) implements RunObserver {
    @Override
    public void report(StepReport report) {
      System.out.println("step " + report.step() + " loss " + report.loss());
      if (report.step() == 20) {
        halfWay.run();
      }
    }
  }
}
