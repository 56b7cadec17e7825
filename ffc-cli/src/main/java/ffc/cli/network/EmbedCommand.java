package ffc.cli.network;

import ffc.cli.data.WorkProgress;
import ffc.cli.options.CheckpointOption;
import ffc.cli.options.DataOption;
import ffc.cli.options.DeviceOption;
import ffc.cli.options.OutOption;
import ffc.core.train.TrainedEncoder;
import ffc.eval.EmbeddingFile;
import ffc.loaders.DataSets;
import ffc.loaders.data.Dataset;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
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
public final class EmbedCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private CheckpointOption checkpoint;
  @Mixin private DataOption data;
  @Mixin private DeviceOption device;

  @Mixin private OutOption.File target;

  @Override
  public Integer call() throws IOException {
    Path out = target.path(".npy");
    try (Dataset set = DataSets.open(data.images());
        TrainedEncoder encoder = checkpoint.open(device);
        WorkProgress progress = new WorkProgress()) {
      EmbeddingFile.write(out, set, encoder.embedder(), progress);
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
