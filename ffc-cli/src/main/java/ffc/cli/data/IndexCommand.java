package ffc.cli.data;

import ffc.cli.options.OutOption;
import ffc.cli.options.Wanted;
import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.format.DataFormats;
import ffc.loaders.index.IndexBuilder;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ffc data index}. */
@Command(
    name = "index",
    description = {
      "Index a source once, so that it opens at once whatever its size. Images stay where they"
          + " are. A build that was stopped goes on when it is started again.",
      ""
    },
    footer = {"", "Example:", "  ./ffc data index data/quickstart/train.rec --out train-index"},
    mixinStandardHelpOptions = true)
final class IndexCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private SourceArgument source;

  @Mixin private OutOption.Folder out;

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "4194304",
      description = "Rows sorted in memory at a time, 24 bytes each (default ${DEFAULT-VALUE})")
  private int rows;

  @Override
  public Integer call() {
    Wanted.atLeast("--rows", rows, 1);
    DataConfig.Source images = source.source();
    DataFormats.refuseWithin(out.path(), images.path());
    try (WorkProgress progress = new WorkProgress()) {
      IndexBuilder.build(images, out.path(), rows, progress)
          .forEach(spec.commandLine().getOut()::println);
    }
    DataConfig.Source index = new DataConfig.Source("index", out.path().toString());
    try (Dataset data = DataSets.open(index)) {
      DataCommand.tell(spec, out.path(), data);
    }
    return 0;
  }
}
