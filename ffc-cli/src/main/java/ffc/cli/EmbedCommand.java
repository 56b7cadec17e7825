package ffc.cli;

import ffc.cli.options.CheckpointOption;
import ffc.core.train.TrainedEncoder;
import ffc.eval.EmbeddingFile;
import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.source.Sources;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ffc embed}. */
@Command(
    name = "embed",
    description = {
      "Embed all images of a set: unit rows as FILE, f32 [images, embedding], and their identities"
          + " beside it as FILE with .ids.npy, i64 [images].",
      ""
    },
    footer = {
      "",
      "Example:",
      "  ./ffc embed --checkpoint runs/mine --data data/quickstart/open.rec --out open.npy"
    },
    mixinStandardHelpOptions = true)
final class EmbedCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private CheckpointOption checkpoint;

  @Option(
      names = "--data",
      paramLabel = "PATH",
      required = true,
      description = "File or folder of the set")
  private String data;

  @Option(
      names = "--format",
      paramLabel = "F",
      description = "${COMPLETION-CANDIDATES}; told from the path if left out")
  private DataConfig.Format format;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "NumPy file to write, such as open.npy")
  private Path out;

  @Override
  public Integer call() throws IOException {
    if (!out.toString().endsWith(".npy")) {
      throw new IllegalArgumentException("--out " + out + ": wanted a name that ends in .npy");
    }
    DataConfig.Format known = format == null ? Sources.formatOf(data) : format;
    try (Dataset set = DataSets.open(new DataConfig.Source(known, data));
        TrainedEncoder encoder = checkpoint.open()) {
      EmbeddingFile.write(out, set, encoder.embedder());
      spec.commandLine()
          .getOut()
          .println(
              set.images()
                  + " x "
                  + encoder.embedder().dim()
                  + " in "
                  + out
                  + ", identities in "
                  + EmbeddingFile.labelsOf(out));
    }
    return 0;
  }
}
