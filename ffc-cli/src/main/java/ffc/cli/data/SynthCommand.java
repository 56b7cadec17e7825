package ffc.cli.data;

import ffc.cli.options.OutOption;
import ffc.loaders.DataSets;
import ffc.loaders.data.DataConfig;
import ffc.loaders.data.Dataset;
import ffc.loaders.data.ImageShape;
import ffc.loaders.index.IndexBuilder;
import ffc.loaders.source.SyntheticSpec;
import ffc.loaders.tools.SynthPack;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ffc data synth}. */
@Command(
    name = "synth",
    description = {
      "Make a set of synthetic identities of any number. Only an index is written; images are"
          + " drawn when they are read.",
      ""
    },
    footer = {"", "Example:", "  ./ffc data synth --ids 100000 --out synthetic"},
    mixinStandardHelpOptions = true)
final class SynthCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--ids", paramLabel = "N", required = true, description = "Identities")
  private long ids;

  @Option(
      names = "--mean-images",
      paramLabel = "X",
      defaultValue = "3",
      description = "Mean images per identity (default ${DEFAULT-VALUE})")
  private double mean;

  @Option(
      names = "--tail",
      paramLabel = "TAIL",
      defaultValue = "zipf",
      description = "${COMPLETION-CANDIDATES} (default ${DEFAULT-VALUE})")
  private SyntheticSpec.Tail tail;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Default ${DEFAULT-VALUE}")
  private long seed;

  @Mixin private OutOption.Folder out;

  @Option(
      names = "--jpeg",
      paramLabel = "PIXELS",
      description = "Store the images as well, as a JPEG pack DIR/train.rec of this size, or HxW")
  private String jpeg;

  @Override
  public Integer call() throws java.io.IOException {
    SyntheticSpec set = new SyntheticSpec(ids, mean, tail, seed);
    if (jpeg != null) {
      return pack(set);
    }
    try (WorkProgress progress = new WorkProgress()) {
      IndexBuilder.synthesize(set, out.path(), progress);
    }
    try (Dataset data = DataSets.open(new DataConfig.Source("synthetic", out.path().toString()))) {
      DataCommand.tell(spec, out.path(), data);
    }
    return 0;
  }

  private int pack(SyntheticSpec set) throws java.io.IOException {
    String text = "ids=%d;mean=%s;tail=%s;seed=%d".formatted(ids, mean, set.tail(), seed);
    ImageShape shape = ImageSizes.parse("--jpeg", jpeg);
    try (Dataset data = DataSets.open(new DataConfig.Source("synthetic", text));
        WorkProgress progress = new WorkProgress()) {
      SynthPack.run(data, shape, 0.9f, out.path().resolve("train.rec"), progress);
      DataCommand.tell(spec, out.path(), data);
    }
    return 0;
  }
}
