package ffc.cli.data;

import ffc.cli.options.OutOption;
import ffc.cli.options.Wanted;
import ffc.loaders.data.Dataset;
import ffc.loaders.tools.Split;
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

  /** Which identities may be held out. */
  enum By {
    images,
    uniform
  }

  @Option(
      names = "--by",
      paramLabel = "BY",
      defaultValue = "images",
      description =
          "images: hold out only identities of --min-images images, as pairs need two (default);"
              + " uniform: any, so that both packs have the same share of single images")
  private By by;

  @Option(
      names = "--min-images",
      paramLabel = "N",
      defaultValue = "2",
      description = "With --by images: fewest images of an identity (default ${DEFAULT-VALUE})")
  private int fewest;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Which ones; default ${DEFAULT-VALUE}")
  private long seed;

  @Mixin private OutOption.Folder out;

  @Override
  public Integer call() {
    Wanted.atLeast("--min-images", fewest, 1);
    try (Dataset data = source.open(out);
        WorkProgress progress = new WorkProgress()) {
      int least = by == By.uniform ? 1 : fewest;
      Split.Result result = Split.run(data, open, least, seed, out.path(), progress);
      spec.commandLine()
          .getOut()
          .printf(
              "%s: train.rec and open.rec, beside each the labels' names (.labels.tsv)%n%s",
              out.path(), result.text());
      spec.commandLine().getOut().flush();
    }
    return 0;
  }
}
