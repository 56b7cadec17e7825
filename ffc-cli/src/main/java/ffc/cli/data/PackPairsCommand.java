package ffc.cli.data;

import ffc.cli.options.OutOption;
import ffc.loaders.data.Counted;
import ffc.loaders.tools.PackPairs;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ffc data pack-pairs}. */
@Command(
    name = "pack-pairs",
    description = "Pack a list of pairs and its images into a .bin verification set.",
    footer = {
      "",
      "Example:",
      "  echo \"id_0/0_0.png id_0/0_1.png 1\" > images/pairs.txt",
      "  ./ffc data pack-pairs images/pairs.txt --out mine.bin"
    },
    mixinStandardHelpOptions = true)
final class PackPairsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "LIST", description = "Lines \"pathA pathB 0|1\"")
  private Path list;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      description = "What the paths are relative to (default: the list's folder)")
  private Path images;

  @Mixin private OutOption.File out;

  @Override
  public Integer call() {
    Path folder = images == null ? list.toAbsolutePath().getParent() : images;
    try (WorkProgress progress = new WorkProgress()) {
      int pairs = PackPairs.run(list, folder, out.path(), progress);
      spec.commandLine().getOut().printf("%s: %s%n", out.path(), Counted.of(pairs, "pair"));
    }
    return 0;
  }
}
