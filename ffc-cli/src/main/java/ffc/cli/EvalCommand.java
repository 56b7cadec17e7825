package ffc.cli;

import ffc.cli.judge.EmbeddingJudge;
import ffc.cli.judge.EmbeddingOptions;
import ffc.cli.judge.TrainingCounts;
import ffc.cli.progress.Lines;
import ffc.cli.record.Records;
import ffc.cli.record.WholeFile;
import ffc.core.EvaluateConfig;
import ffc.core.TrainedEncoder;
import ffc.core.eval.EvalResult;
import ffc.core.eval.Evaluator;
import ffc.loaders.DataConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.LongUnaryOperator;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ffc eval}. */
@Command(
    name = "eval",
    description = {
      "Judge a checkpoint on a set: bin and pairs by the 10-fold protocol, labelled images by"
          + " all-pairs TAR@FAR and leave-one-out rank-N.",
      "With --embeddings, judge the embeddings of any system: also open-set search, distractors,"
          + " templates, strata, confidence intervals.",
      ""
    },
    mixinStandardHelpOptions = true)
final class EvalCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @ArgGroup(exclusive = false)
  private CheckpointOption checkpoint;

  @Mixin private EmbeddingOptions embeddings;

  @Option(
      names = "--data",
      paramLabel = "PATH",
      description = "File or folder of the set, for --checkpoint")
  private Path data;

  @Option(names = "--format", paramLabel = "F", description = "${COMPLETION-CANDIDATES}")
  private EvaluateConfig.Format format;

  @Option(
      names = "--flip",
      negatable = true,
      description = "Add the mirrored image's embedding (default: for bin and pairs only)")
  private Boolean flip;

  @Option(
      names = "--training-data",
      paramLabel = "PATH",
      description = "With --embeddings: figures by the size of the identity in this training set")
  private String trainingData;

  @Option(
      names = "--training-format",
      paramLabel = "F",
      defaultValue = "recordio",
      description = "Its format (default: ${DEFAULT-VALUE})")
  private DataConfig.Format trainingFormat;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write the figures, ROC and neighbours as JSON")
  private Path json;

  @Override
  public Integer call() throws IOException {
    if (embeddings.given() == (checkpoint != null)) {
      throw new IllegalArgumentException(
          "eval needs --checkpoint with --data and --format, or --embeddings; got "
              + (embeddings.given() ? "both" : "neither"));
    }
    if (embeddings.given()) {
      judgeEmbeddings();
      return 0;
    }
    if (data == null || format == null) {
      throw new IllegalArgumentException("--checkpoint needs --data PATH and --format F");
    }
    String name = data.getFileName().toString().replaceAll("[^A-Za-z0-9_-]", "-");
    EvaluateConfig set =
        new EvaluateConfig(
            name, format, data.toString(), checkpoint.net(), flip, List.of("end"), null);
    Path folder = checkpoint.folder();
    try (TrainedEncoder encoder = checkpoint.open();
        Evaluator evaluator = new Evaluator()) {
      EvalResult result = evaluator.evaluate(set, encoder.embedder());
      spec.commandLine().getOut().println(folder + "  " + Lines.evaluation(result));
      if (json != null) {
        WholeFile.write(json, Records.evaluation(result).toPrettyString() + "\n");
      }
    }
    return 0;
  }

  private void judgeEmbeddings() throws IOException {
    LongUnaryOperator counts =
        trainingData == null
            ? null
            : TrainingCounts.of(
                new DataConfig.Source(trainingFormat, trainingData), Long::toString);
    EmbeddingJudge judged = EmbeddingJudge.of(embeddings, counts);
    spec.commandLine().getOut().print(judged.text());
    spec.commandLine().getOut().flush();
    if (json != null) {
      WholeFile.write(json, judged.json().toPrettyString() + "\n");
    }
  }
}
