package ffc.cli.data;

import ffc.loaders.Dataset;
import ffc.loaders.tools.Split;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ffc data split}. */
@Command(
    name = "split",
    description = "Hold identities out: DIR/train.rec without them, DIR/open.rec with them alone.",
    footer = {
      "",
      "Example:",
      "  ./ffc data split data/quickstart/train.rec --open 200 --out split"
    },
    mixinStandardHelpOptions = true)
final class SplitCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private SourceArgument source;

  @Option(
      names = "--open",
      paramLabel = "N",
      required = true,
      description = "Identities to hold out")
  private long open;

  @Option(
      names = "--min-images",
      paramLabel = "N",
      defaultValue = "2",
      description = "Hold out only identities with so many images (default ${DEFAULT-VALUE})")
  private int fewest;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Which ones; default ${DEFAULT-VALUE}")
  private long seed;

  @Option(names = "--out", paramLabel = "DIR", required = true, description = "Folder to fill")
  private Path out;

  @Override
  public Integer call() {
    try (Dataset data = source.open();
        WorkProgress progress = new WorkProgress()) {
      Split.Result result = Split.run(data, open, fewest, seed, out, progress);
      spec.commandLine()
          .getOut()
          .printf(
              "train.rec: %,d identities, %,d images%nopen.rec: %,d identities, %,d images%n",
              result.trainIdentities(),
              result.trainImages(),
              result.openIdentities(),
              result.openImages());
    }
    return 0;
  }
}
