package ffc.cli.data;

import ffc.cli.options.OutOption;
import ffc.cli.options.SetOption;
import ffc.formats.WholeFile;
import ffc.loaders.DataSets;
import ffc.loaders.data.Dataset;
import ffc.runs.experiment.ConfigLoader;
import ffc.runs.experiment.Experiment;
import ffc.runs.report.AugmentationSheet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ffc data preview}. */
@Command(
    name = "preview",
    description =
        "Draw training images of an experiment as they are and as augmentation (data.augment,"
            + " data.augmentSingle) makes them: one line an image, the stored one at the left, every"
            + " second line an identity's only image.",
    footer = {
      "",
      "Example:",
      "  ./ffc data preview configs/quickstart.yaml --set data.augment.blur.probability=1 --out"
          + " preview.png"
    },
    mixinStandardHelpOptions = true)
final class PreviewCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "CONFIG", description = "Experiment file")
  private Path config;

  @Mixin private SetOption set;

  @Mixin private OutOption.File out;

  @Override
  public Integer call() throws IOException {
    Path file = out.path(".png");
    Experiment experiment = new ConfigLoader().load(config, set.settings(), true);
    try (Dataset data = DataSets.open(experiment.data().train())) {
      byte[] sheet =
          AugmentationSheet.png(data, experiment.data(), experiment.shape(), experiment.seed());
      Files.createDirectories(file.toAbsolutePath().getParent());
      WholeFile.write(file, sheet);
    }
    spec.commandLine().getOut().println(file);
    return 0;
  }
}
