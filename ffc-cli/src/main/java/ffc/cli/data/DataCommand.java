package ffc.cli.data;

import ffc.loaders.data.Counted;
import ffc.loaders.data.Dataset;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

/** {@code ffc data}. */
@Command(
    name = "data",
    description = "Index, check, count, convert and make data sets.",
    mixinStandardHelpOptions = true,
    subcommands = {
      ImportPhotosCommand.class,
      IndexCommand.class,
      VerifyCommand.class,
      StatsCommand.class,
      PreviewCommand.class,
      SynthCommand.class,
      GlyphsCommand.class,
      UnpackCommand.class,
      PackPairsCommand.class,
      SplitCommand.class,
      RelabelCommand.class,
      CleanCommand.class,
      OrderCommand.class
    },
    synopsisSubcommandLabel = "COMMAND")
public final class DataCommand {
  /** Exit code of a look at data that found faults: as of any other bad input. */
  static final int BAD_DATA = 2;

  /** Says what a set that was made holds. */
  static void tell(CommandSpec command, Path place, Dataset made) {
    command
        .commandLine()
        .getOut()
        .printf(
            "%s: %s, %s%n",
            place, Counted.of(made.identities(), "identity"), Counted.of(made.images(), "image"));
  }
}
