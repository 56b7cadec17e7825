package ffc.cli;

import ffc.cli.progress.Lines;
import ffc.cli.record.Records;
import ffc.cli.record.WholeFile;
import ffc.core.EvaluateConfig;
import ffc.core.TrainedEncoder;
import ffc.core.eval.EvalResult;
import ffc.core.eval.Evaluator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
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
      ""
    },
    mixinStandardHelpOptions = true)
final class EvalCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private CheckpointOption checkpoint;

  @Option(
      names = "--data",
      paramLabel = "PATH",
      required = true,
      description = "File or folder of the set")
  private Path data;

  @Option(
      names = "--format",
      paramLabel = "F",
      required = true,
      description = "${COMPLETION-CANDIDATES}")
  private EvaluateConfig.Format format;

  @Option(
      names = "--flip",
      negatable = true,
      description = "Add the mirrored image's embedding (default: for bin and pairs only)")
  private Boolean flip;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write the figures, ROC and neighbours as JSON")
  private Path json;

  @Override
  public Integer call() throws IOException {
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
}
