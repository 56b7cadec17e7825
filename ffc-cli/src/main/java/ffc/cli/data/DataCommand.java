package ffc.cli.data;

import picocli.CommandLine.Command;

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
      CleanCommand.class
    },
    synopsisSubcommandLabel = "COMMAND")
public final class DataCommand {
  /** Exit code of a look at data that found faults: as of any other bad input. */
  static final int BAD_DATA = 2;
}
