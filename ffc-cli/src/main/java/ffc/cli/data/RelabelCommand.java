package ffc.cli.data;

import ffc.cli.options.OutOption;
import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.format.DataFormats;
import ffc.loaders.tools.Split;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code ffc data relabel}. */
@Command(
    name = "relabel",
    description = {
      "Write a set of any labels as DIR/train.rec, whose labels run from 0 without gaps, image bytes"
          + " untouched, and DIR/train.labels.tsv, which says what each label was.",
      ""
    },
    mixinStandardHelpOptions = true)
final class RelabelCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private SourceArgument source;

  @Mixin private OutOption.Folder out;

  @Override
  public Integer call() {
    DataConfig.Source given = source.source();
    DataFormats.refuseWithin(out.path(), given.path());
    try (Dataset data =
            DataSets.open(
                new DataConfig.Source(given.format(), given.path(), DataConfig.Labels.compact));
        WorkProgress progress = new WorkProgress()) {
      Split.whole(data, out.path().resolve("train.rec"), progress);
      DataCommand.tell(spec, out.path(), data);
    }
    return 0;
  }
}
